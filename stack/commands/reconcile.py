"""``solera reconcile``: speed, batch and official totals side by side, with the cause of each difference."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from energy.reconcile import CAUSES
from serving_layer import catalogue, energy_view, instants
from serving_layer import reconcile as compared
from serving_layer.terminal import Form, answering, show

COLUMNS = (*compared.COLUMNS[: -len(CAUSES)], "causes")


def reconcile(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its total.")],
    first: Annotated[str, typer.Option("--from", help="2026-03-29T00:00:00Z, or a date: its midnight in --tz.")],
    last: Annotated[str, typer.Option("--to", help="The instant after the last, written like --from.")],
    tz: Annotated[str, typer.Option(help="Time zone of days and plain dates.")] = "UTC",
    form: Annotated[Form, typer.Option("--format", help="A table, or CSV.")] = Form.table,
) -> None:
    """Show speed, batch and official totals in Wh of each day and quantity, and why they differ.

    Each difference is split by cause into parts that sum to it exactly: late, duplicate, quarantine, reset, gap,
    estimate, clock; meter is what two instruments measure differently. Official values are those of topic intervals, as
    last archived.

    Example: solera reconcile --installation fontana-01 --from 2026-03-28 --to 2026-03-30
    """
    with answering(load_settings()) as reader:
        zone = instants.zone(tz)
        start, end = instants.parse(first, zone), instants.parse(last, zone)
        if start >= end:
            raise typer.BadParameter("--to must come after --from.")
        catalogue.installation(reader, installation)
        seen = energy_view.seen(reader)
        rows = compared.flat(compared.reconcile(reader, installation, start, end, zone, seen))
    if form is Form.table:
        rows = [row | {"causes": _causes(row)} for row in rows]
    cut = "no run is published yet" if seen.cut is None else f"batch view up to {instants.text(seen.cut)}"
    columns = COLUMNS if form is Form.table else compared.COLUMNS
    show(form, columns, rows, f"{installation}: three views of its energy, Wh", f"parts sum to the difference; {cut}")


def _causes(row: dict[str, object]) -> str:
    return ", ".join(f"{cause} {row[f'{cause}_wh']:+,.3f}" for cause in CAUSES if row[f"{cause}_wh"])
