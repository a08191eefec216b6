"""Cells of AEMET's answers and the ``weather`` record they make: unreadable cells are left out and counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ingest.sources.numbers import number_of
from ingest.sources.source import Record, Unreadable

PROVIDER = "aemet"
HOUR = timedelta(hours=1)
KMH = 3.6
"""Kilometres an hour in a metre a second."""
YEARS = range(1900, 2101)
_EMPTY = ("", "Acum", "Varias")
_TRACE = "ip"
"""Rain below 0.1 mm."""
ODD = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
"""Errors that a row of another form raises."""


def number(value: Any, unreadable: Unreadable, where: str) -> float | None:
    """A number with decimal comma or dot, 0.0 for a trace of rain; None for what is absent or no number."""
    text = str(value).strip() if value is not None else ""
    if text in _EMPTY:
        return None
    if text.lower() == _TRACE:
        return 0.0
    read = number_of(text)
    if read is None or not math.isfinite(read):
        unreadable.add(f"{where}: {value!r}")
        return None
    return read


def station_of(value: Any) -> str:
    """The id of a station; raises ``ValueError`` where none is stated."""
    name = value.strip() if isinstance(value, str) else ""
    if not name:
        raise ValueError("no station is named")
    return name


def hour_of(value: Any) -> int:
    """An hour of a local day, 0 to 24; raises ``ValueError`` or ``TypeError`` for anything else."""
    hour = int(value)
    if not 0 <= hour <= 24:
        raise ValueError(f"there is no hour {value}")
    return hour


def day_of(text: str) -> datetime:
    """The midnight of a local day, without its zone; raises ``ValueError`` or ``TypeError`` for anything else."""
    midnight = datetime.fromisoformat(text).replace(tzinfo=None)
    if midnight.year not in YEARS:
        raise ValueError(f"AEMET knows nothing of the year {midnight.year}")
    return midnight


def instant(text: str) -> datetime:
    """An instant as AEMET writes it in UTC: with or without an offset, 24:00 for the end of a day."""
    stated = text.replace("+0000", "+00:00")
    is_end_of_day = "T24:00" in stated
    read = datetime.fromisoformat(stated.replace("T24:00", "T00:00"))
    read = (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    return read + timedelta(days=1) if is_end_of_day else read


def weather(
    location: str, times: tuple[datetime, datetime], kind: str, fields: Mapping[str, Any], provider: str = PROVIDER
) -> Record:
    """The record of ``location``; ``times`` are those of its issue and of the weather. A field of None is absent."""
    issued_at, start = times
    return {
        "schema": 1, "location_id": location, "issued_at": issued_at, "time": start, "provider": provider,
        "kind": kind, **{name: value for name, value in fields.items() if value is not None},
    }  # fmt: skip
