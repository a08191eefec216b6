"""Table ``alarm``: what somebody should look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from serving_layer.reader import Reader
from store.instants import utc_or_none

_ALARMS = (
    "SELECT installation_id, device_id, kind, text, raised_at, cleared_at FROM alarm "
    "WHERE installation_id = ? AND day = ?"
)


def alarms(
    reader: Reader, installation_ids: Sequence[str], days: Sequence[date], standing: bool = False
) -> list[dict[str, Any]]:
    """Alarms that were raised on those UTC days, newest first; ``standing``: only those that are not cleared."""
    answers = reader.each(_ALARMS, [(each, day) for each in installation_ids for day in days])
    found = [
        row._asdict() | {"raised_at": utc_or_none(row.raised_at), "cleared_at": utc_or_none(row.cleared_at)}
        for rows in answers
        for row in rows
        if not (standing and row.cleared_at)
    ]
    return sorted(found, key=lambda alarm: str(alarm["raised_at"]), reverse=True)
