"""``solera score``: energy as it is said beside the truth of a simulated world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conf import load_settings
from energy.energy_row import EnergyRow
from energy.score import DayTotal, Hole, day_totals, holes
from serving_layer.instants import Span
from serving_layer.views import merged
from stack.terminal import Form, Format, answering, show

if TYPE_CHECKING:
    from ingest.simulator.truth.known import Known


def score(
    world: Annotated[Path, typer.Argument(help="The folder that `solera simulate` has written.")],
    published: Annotated[bool, typer.Option("--published", help="Score what the running Solera answers.")] = False,
    form: Format = Form.table,
) -> None:
    """Compare the energy (Wh) of each installation, quantity and UTC day with the truth in WORLD.

    Energy is counted from WORLD's readings as the night does it; with --published it is what Solera answers after
    `solera replay` and `solera nightly`. The table names the totals whose bounds do not hold the truth, CSV and JSON
    name all. Exit code 1 where there is one, or a hole in the readings was not found or not refilled.

    Example: solera score world
    """
    # pyarrow and pvlib take long to import; the help should not.
    from ingest.simulator.truth.known import computed, read_known

    known = read_known(world)
    totals: list[DayTotal] = []
    found: list[Hole] = []
    for installation, rows in _published(known) if published else computed(world, known):
        totals += day_totals(installation, rows, known[installation].truth, known[installation].misdated)
        found += holes(known[installation].losses, rows, known[installation].truth)
    outside = [total for total in totals if total.is_outside]
    caption = (
        f"{len(totals):,} totals of {len(known):,} installations: {len(outside):,} outside their bounds, "
        f"{sum(t.lost_wh for t in totals):,.0f} Wh lost, {sum(t.doubled_wh for t in totals):,.0f} Wh doubled; "
        f"{len(found):,} holes: {sum(h.is_found for h in found):,} found, "
        f"{sum(h.is_refilled for h in found):,} refilled"
    )
    listed = outside if form is Form.table else totals
    show(form, DayTotal._fields, [each._asdict() for each in listed], "Totals outside their bounds, Wh", caption)
    if outside or not all(hole.is_found and hole.is_refilled for hole in found):
        raise typer.Exit(1)


def _published(known: Mapping[str, Known]) -> Iterator[tuple[str, list[EnergyRow]]]:
    """The rows of the merged view by installation."""
    with answering(load_settings()) as reader:
        seen = merged.seen(reader)
        for installation, of in known.items():
            span = Span(of.start, of.end)
            yield installation, [
                EnergyRow(quantity, v.start, v.energy_wh, v.completeness or 0.0, v.method or "measured", v.lower_wh,
                          v.upper_wh, v.cause)
                for quantity in sorted({quantity for quantity, _ in of.truth})
                for v in merged.read(reader, installation, quantity, span, seen)
            ]  # fmt: skip
