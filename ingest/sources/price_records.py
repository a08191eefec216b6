"""``prices`` records of every source: numbers as the sources write them, periods, zones. All prices are EUR/MWh."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from energy.calendar import CANARY, MADRID
from ingest.sources.numbers import number_of
from ingest.sources.source import Record

HOUR = timedelta(hours=1)
LARGEST_EUR_MWH = 1e6
"""The bound of topic ``prices``."""
MARKET_YEARS = range(1998, 2101)
"""Spain's market began in 1998."""
D = TypeVar("D", date, datetime)
Series = tuple[str, str, str]
"""Market, zone and provider."""
Period = tuple[datetime, timedelta]
"""Start (UTC) and length."""
_DOT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3})+,|(?:,\d{3})+\.)\d*")


def checked(instant: D) -> D:
    """``instant`` or a day, if a market can have had it; raises ``ValueError``."""
    if instant.year not in MARKET_YEARS:
        raise ValueError(f"there was no market in the year {instant.year}")
    return instant


def price(value: Any) -> float | None:
    """A price as a JSON number or a text with a decimal comma or dot; None for anything else.

    Where both stand in a text the last one is the decimal sign. A dot before three digits alone may be either, so
    that is no price.
    """
    if isinstance(value, str):
        return _written(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _plausible(value)


def dotted(text: str) -> float | None:
    """A price of a format that has no thousands separators."""
    value = number_of(text)
    return None if value is None else _plausible(value)


def _written(text: str) -> float | None:
    if "," not in text and _DOT_THOUSANDS.fullmatch(text):
        return None
    if _GROUPED.fullmatch(text):
        decimal = max(text.rfind(","), text.rfind("."))
        text = text[:decimal].replace(".", "").replace(",", "") + "." + text[decimal + 1 :]
    return dotted(text)


def _plausible(value: float) -> float | None:
    """The price; JSON may hold a whole number that no float holds."""
    return float(value) + 0.0 if abs(value) <= LARGEST_EUR_MWH else None


def lengths(starts: Iterable[datetime]) -> Mapping[datetime, timedelta]:
    """The length of the period from each of the ``starts`` of one series: the least step of its day in Madrid.

    So a series may change from hours to quarter-hours, and a period that is missing does not lengthen another. A day of
    one period alone has the step of the day nearest to it.
    """
    days: dict[date, list[datetime]] = {}
    for start in sorted(set(starts)):
        days.setdefault(start.astimezone(MADRID).date(), []).append(start)
    steps = {
        day: min(HOUR, *(later - earlier for earlier, later in pairwise(of))) for day, of in days.items() if len(of) > 1
    }
    by_start: dict[datetime, timedelta] = {}
    for day, of in days.items():
        nearest = min(steps, key=lambda other: abs(other - day), default=day)
        by_start |= dict.fromkeys(of, steps.get(nearest, HOUR))
    return by_start


def canary_shift(start: datetime) -> timedelta:
    """The time from the instant a peninsular clock shows an hour to the instant the Canary clock shows the same one."""
    peninsular, canary = (start.astimezone(zone).utcoffset() or timedelta() for zone in (MADRID, CANARY))
    return peninsular - canary


def record(series: Series, period: Period, price_eur_mwh: float, known_at: datetime) -> Record:
    """The record of one price."""
    (market, zone, provider), (start, length) = series, period
    return {
        "schema": 1, "market": market, "zone": zone, "start": start, "end": start + length,
        "price_eur_mwh": price_eur_mwh, "provider": provider, "known_at": known_at,
    }  # fmt: skip
