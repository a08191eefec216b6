"""The month for which a page may be asked."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query

from serving_layer.instants import EARLIEST, LATEST
from store.web.problems import bad_parameter

FIRST, LAST = date(EARLIEST.year + 1, 1, 1), date(LATEST.year - 1, 1, 1)
AskedMonth = Annotated[str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$")]


def first_day(month: str) -> date | None:
    """First day of the month asked for; None where none is. Raises :class:`store.web.problems.BadParameter`."""
    try:
        first = date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        raise bad_parameter("month", "is no month; write 2026-03") from None
    if first is not None and not FIRST <= first < LAST:
        raise bad_parameter("month", f"must lie in the years {FIRST.year} to {LAST.year - 1}")
    return first
