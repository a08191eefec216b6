"""``solera energy``: the merged view of one installation's energy."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from conf import load_settings
from energy.calendar import RESOLUTIONS
from energy.records import QUANTITIES
from serving_layer import instants
from serving_layer.views import catalogue, merged
from serving_layer.views.totals import totals
from stack.terminal import NOW, Form, Format, From, To, answering, show, span, up_to_cut

Quantity = Enum("Quantity", {name: name for name in QUANTITIES}, type=str)  # type: ignore[misc]
Resolution = Enum("Resolution", {name: name for name in RESOLUTIONS}, type=str)  # type: ignore[misc]
NOTHING = "nothing is known of these periods"
QUARTER_HOURS = Resolution("15m")
COLUMNS = ("start", "energy_wh", "view", "run_id")
"""Columns of the CSV."""
MORE = ("completeness", "method", "lower_wh", "upper_wh", "cause")
"""Columns of JSON, which also says why a value is what it is; the table says how much of its time is covered."""


def energy(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its total.")],
    quantity: Annotated[Quantity, typer.Option(help="Which energy, in Wh.")],
    first: From,
    last: To = NOW,
    resolution: Annotated[Resolution, typer.Option(help="Length of the periods.")] = QUARTER_HOURS,
    tz: Annotated[str, typer.Option(help="Time zone of days, months and plain dates.")] = "UTC",
    as_of: Annotated[str | None, typer.Option(help="Show what was published at this instant.")] = None,
    form: Format = Form.table,
) -> None:
    """Show energy in Wh of each period: batch view up to the cut, speed view from it on.

    Times are UTC in CSV, those of --tz in the table, with their offset; JSON has both. completeness is the share of a
    period (0 to 1) that is covered.

    Example: solera energy --installation fontana-01 --quantity generation --from yesterday --resolution hour
    """
    with answering(load_settings()) as reader:
        asked, zone = span(first, last, tz)
        catalogue.installation(reader, installation)
        seen = merged.seen(reader, None if as_of is None else instants.parse(as_of, zone))
        quarters = merged.read(reader, installation, quantity.value, asked, seen)
        found = totals(quarters, resolution.value, zone)
    rows = [value._asdict() | {"local_start": value.start.astimezone(zone)} for value in found]
    columns = {
        Form.csv: COLUMNS,
        Form.json: (*COLUMNS, "local_start", *MORE),
        Form.table: ("local_start", "energy_wh", "completeness", "view", "run_id"),
    }[form]
    known = f"{sum(round(value.energy_wh * 1000) for value in found) / 1000:,.3f} Wh in all" if found else NOTHING
    cut = up_to_cut(seen, "batch view up to")
    show(form, columns, rows, f"{installation}: {quantity.value}, Wh", f"{known}; {cut}")
