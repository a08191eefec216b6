"""The simulated devices' clocks: behind the wall clock they hand out a log, then they keep real time."""

from __future__ import annotations

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
    """Where a starting simulator's clocks begin: one log step before today (UTC).

    If it ran before, where it stopped (``shown``), so that nothing is missing; but never before today.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = midnight - LOG_STEP
    return begin if shown is None else max(begin, min(shown, now))
