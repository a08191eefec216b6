"""The simulated devices' clocks: behind the wall clock they hand out a log, then they keep real time.

The clock of a simulated world runs as fast as it is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

LOG_STEP = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def next_instant(last: datetime, now: datetime) -> datetime:
    """The instant a device shows after ``last``, at wall-clock time ``now`` (UTC, whole seconds).

    A device that is behind shows the next multiple of :data:`LOG_STEP`, so that every edge of a
    quarter-hour is among the instants it shows; one that has caught up shows ``now``.
    """
    step = last - (last - EPOCH) % LOG_STEP + LOG_STEP
    return step if step <= now else max(last, now.replace(microsecond=0))


def is_log_entry(instant: datetime, now: datetime) -> bool:
    """Whether a device that shows ``instant`` at wall-clock time ``now`` (UTC) hands out its log."""
    return now - instant >= timedelta(seconds=2)


def first_instant(now: datetime, shown: datetime | None) -> datetime:
    """The instant at which a starting simulator's clocks begin: one log step before today (UTC).

    If it ran before, where it stopped (``shown``), so that nothing is missing; but never before today.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = midnight - LOG_STEP
    return begin if shown is None else max(begin, min(shown, now))


class WallSteps:
    """The instants that a device shows which begins at ``begin`` and keeps real time once it has caught up."""

    def __init__(self, begin: datetime) -> None:
        self.begin = begin

    def following(self, last: datetime) -> datetime:
        """The instant to show after ``last``; itself where it is shown on."""
        return next_instant(last, datetime.now(timezone.utc))

    def is_log_entry(self, instant: datetime) -> bool:
        """Whether ``instant`` is to be shown until somebody has read it."""
        return is_log_entry(instant, datetime.now(timezone.utc))


def world_clock(
    begin: datetime, end: datetime, speed: float, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], datetime]:
    """A clock that shows ``begin`` (UTC) now, runs ``speed`` times as fast as time, and stands still at ``end``."""
    started = monotonic()

    def now() -> datetime:
        return min(end, begin + timedelta(seconds=(monotonic() - started) * speed))

    return now
