"""The schedule of nights: their steps, one night after midnight UTC, again when it failed, and at most so often."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import NamedTuple

STEPS = ("archive", "clean", "totals", "features", "train", "forecast", "evaluate", "prices", "settle", "publish")
"""Steps of a night, in their order; each is a module of this package."""
BEGINS = timedelta(minutes=10)
"""After midnight UTC: readings of the last minutes are in Kafka by then."""
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(hours=6))
"""Rests before a failed night is tried again, after each try in turn; then the next midnight's is next."""


class Attempt(NamedTuple):
    """The last night that was begun by itself. Times are UTC."""

    cut: datetime
    """The midnight it was to cut at."""
    tries: int
    """The number of times it was begun, this time included."""
    ended: datetime
    """The end of the last try, or its beginning where its end is not known."""


def begun(now: datetime, last: Attempt | None) -> Attempt:
    """The attempt that begins ``now`` (UTC) after ``last``."""
    cut = midnight(now)
    tries = last.tries if last is not None and last.cut == cut else 0
    return Attempt(cut, tries + 1, now)


def midnight(now: datetime) -> datetime:
    """The last 00:00 UTC at or before ``now``."""
    return datetime.combine(now.astimezone(timezone.utc).date(), time(), timezone.utc)


def due(now: datetime, last_published_cut: datetime | None, last_attempt: Attempt | None) -> bool:
    """Whether a night is to begin ``now`` (UTC), given that none is at work.

    ``last_published_cut``: the cut of the newest published run, None before the first.
    """
    cut = midnight(now)
    if now < cut + BEGINS or last_published_cut == cut:
        return False
    if last_attempt is None or last_attempt.cut != cut:
        return True
    if last_attempt.tries > len(WAITS):
        return False
    return now - last_attempt.ended >= WAITS[last_attempt.tries - 1]
