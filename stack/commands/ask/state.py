"""``solera state``: what the devices of an installation do now."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

import typer

from conf import load_settings
from serving_layer.views import catalogue
from serving_layer.views import state as states
from stack.terminal import Form, Format, answering, show

COLUMNS = ("installation_id", "device_id", "time", "age_s", *states.POWERS)
"""Columns of the table, of powers those that a device has; CSV and JSON have whatever a device measures."""


def state(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its members'.")],
    form: Format = Form.table,
) -> None:
    """Show the latest reading of every device: power in W, age in s. Times are UTC.

    Example: solera state --installation fontana-01
    """
    with answering(load_settings()) as reader:
        now = datetime.now(timezone.utc)
        chosen = catalogue.installation(reader, installation)
        rows = states.devices(reader, states.members(chosen, catalogue.installations(reader)), now)
    measured = dict.fromkeys(name for row in rows for name in row)
    columns = [name for name in COLUMNS if name in measured] if form is Form.table else [*measured]
    power = ", ".join(f"{name[:-2]} {watts:,.0f} W" for name, watts in states.power(rows, now).items())
    show(form, columns, rows, f"{installation}: now", power or "no reading of the last five minutes")
