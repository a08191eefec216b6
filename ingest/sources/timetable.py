"""Times of day at which the sources are asked: as prices come out, when a question rests no more, every half-hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from energy.calendar import MADRID

SPOT_OUT, PVPC_OUT = time(14, 0), time(20, 30)
"""Times by Madrid's clock when the prices of the following day are out (OMIE about 13:50, PVPC about 20:20)."""
EVERY = timedelta(minutes=30)
"""The time between two looks for whatever else is missing."""


def is_out(day: date, at: time, now: datetime) -> bool:
    """Whether the prices of ``day`` that are published ``at`` on the day before are out ``now``."""
    return now >= datetime.combine(day - timedelta(days=1), at, MADRID)


def is_due(last: datetime, now: datetime, again: Iterable[datetime]) -> bool:
    """Whether the sources are to be asked ``now`` that were last asked at ``last``.

    ``again``: instants from which on questions may be asked again.
    """
    today = now.astimezone(MADRID).date()
    moments = [datetime.combine(today, at, MADRID) for at in (SPOT_OUT, PVPC_OUT)]
    return now - last >= EVERY or any(last < moment <= now for moment in (*moments, *again))
