"""``solera alarms``: what somebody should look at."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

import typer

from conf import load_settings
from serving_layer.views import alarms as raised
from serving_layer.views import catalogue
from stack.terminal import Form, Format, answering, show

COLUMNS = ("installation_id", "device_id", "kind", "text", "raised_at", "cleared_at")


def alarms(
    installation: Annotated[str | None, typer.Option(help="One installation only.")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="Also those of so many days that are cleared.")] = 7,
    form: Format = Form.table,
) -> None:
    """Show the alarms that stand, of any age, then those that are cleared; each newest first. Times are UTC.

    Example: solera alarms --installation fontana-01
    """
    with answering(load_settings()) as reader:
        if installation is not None:
            catalogue.installation(reader, installation)
        now = datetime.now(timezone.utc)
        only = None if installation is None else [installation]
        rows = raised.alarms(reader, now - timedelta(days=days), now, only)
    standing = sum(row["cleared_at"] is None for row in rows)
    show(form, COLUMNS, rows, "Alarms", f"{standing:,} stand")
