"""``solera reconcile``: speed, batch and official totals side by side, with the cause of each difference."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from conf import load_settings
from serving_layer.views import catalogue, merged
from serving_layer.views import reconcile as compared
from stack.terminal import NOW, Form, Format, From, To, answering, show, span, up_to_cut

COLUMNS = ("day", "quantity", "speed", "batch", "official", "differences")
"""Columns of the table, in kWh; CSV has the columns of ``serving_layer.views.reconcile`` in Wh."""


def reconcile(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its total.")],
    first: From,
    last: To = NOW,
    tz: Annotated[str, typer.Option(help="Time zone of days and plain dates.")] = "UTC",
    form: Format = Form.table,
) -> None:
    """Show speed, batch and official totals of each day and quantity (a table in kWh, CSV in Wh), and why they differ.

    Each difference is split by cause into parts that sum to it exactly: late, duplicate, quarantine, reset, gap,
    estimate, clock, resolution (an official curve in whole kWh); meter is what two instruments measure differently.
    Official values are those of topic intervals, as last archived.

    Example: solera reconcile --installation fontana-01 --from 2026-03-28 --to 2026-03-30
    """
    with answering(load_settings()) as reader:
        asked, zone = span(first, last, tz)
        catalogue.installation(reader, installation)
        seen = merged.seen(reader)
        lines = compared.reconcile(reader, installation, asked, zone, seen)
    if form is not Form.table:
        return show(form, compared.COLUMNS, compared.flat(lines), "", "")
    cut = up_to_cut(seen, "batch view up to")
    title, caption = f"{installation}: three views of its energy, kWh", f"parts sum to the difference; {cut}"
    return show(form, COLUMNS, map(_in_kwh, lines), title, caption)


def _in_kwh(line: compared.Line) -> dict[str, Any]:
    """A row of the table: energies in kWh, below each difference its parts."""
    views = {view: None if mwh is None else mwh / 1_000_000 for view, mwh in line.mwh.items()}
    differences = []
    for each in line.compared:
        differences.append(f"{each.second}-{each.first} {each.mwh / 1_000_000:,.3f}")
        differences += [f"  {cause} {mwh / 1_000_000:+,.3f}" for cause, mwh in each.parts.items()]
    return {"day": line.day or "total", "quantity": line.quantity, **views, "differences": "\n".join(differences)}
