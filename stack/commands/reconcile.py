"""``solera reconcile``: speed, batch and official totals side by side, with the cause of each difference."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from conf import load_settings
from serving_layer import catalogue, energy_view, instants
from serving_layer import reconcile as compared
from serving_layer.terminal import Form, answering, show

COLUMNS = ("day", "quantity", "speed", "batch", "official", "differences")
"""Of the table, in kWh; CSV has the columns of ``serving_layer.reconcile`` in Wh."""


def reconcile(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its total.")],
    first: Annotated[str, typer.Option("--from", help="2026-03-29T00:00:00Z, or a date: its midnight in --tz.")],
    last: Annotated[str, typer.Option("--to", help="The instant after the last, written like --from.")],
    tz: Annotated[str, typer.Option(help="Time zone of days and plain dates.")] = "UTC",
    form: Annotated[Form, typer.Option("--format", help="A table, or CSV.")] = Form.table,
) -> None:
    """Show speed, batch and official totals of each day and quantity (a table in kWh, CSV in Wh), and why they differ.

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
        lines = compared.reconcile(reader, installation, start, end, zone, seen)
    if form is Form.csv:
        return show(form, compared.COLUMNS, compared.flat(lines), "", "")
    cut = "no run is published yet" if seen.cut is None else f"batch view up to {instants.text(seen.cut)}"
    title, caption = f"{installation}: three views of its energy, kWh", f"parts sum to the difference; {cut}"
    return show(form, COLUMNS, map(_in_kwh, lines), title, caption)


def _in_kwh(line: compared.Line) -> dict[str, Any]:
    """A row of the table: energies in kWh, below each difference its parts."""
    views = {view: None if mwh is None else mwh / 1_000_000 for view, mwh in line.mwh.items()}
    told = []
    for each in line.compared:
        told.append(f"{each.second}-{each.first} {each.mwh / 1_000_000:,.3f}")
        told += [f"  {cause} {mwh / 1_000_000:+,.3f}" for cause, mwh in each.parts.items()]
    return {"day": line.day or "total", "quantity": line.quantity, **views, "differences": "\n".join(told)}
