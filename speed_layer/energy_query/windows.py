"""The 15-minute periods that a batch of readings affects: those between each reading's neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from energy.energy_row import QUARTER, QUARTER_US, from_us, to_us

PIECE = timedelta(hours=2)
"""The longest stretch whose readings are held in memory at once."""


class Stretch(NamedTuple):
    """Readings of one device with no hole of more than a period between them: the first and the last."""

    device_id: str
    first: datetime
    last: datetime


class Window(NamedTuple):
    """Whole periods, from ``start`` to before ``end``, UTC."""

    start: datetime
    end: datetime


def stretches(device_id: str, times: Iterable[datetime]) -> list[Stretch]:
    """``times`` of one device, in any order, as stretches."""
    joined: list[Stretch] = []
    for at in sorted(times):
        if joined and at - joined[-1].last <= QUARTER:
            joined[-1] = joined[-1]._replace(last=at)
        else:
            joined.append(Stretch(device_id, at, at))
    return joined


def window(stretch: Stretch, before: datetime | None, after: datetime | None) -> Window:
    """The periods whose energy a stretch can change; ``before`` and ``after`` are its neighbours in time."""
    start = _floor(before or stretch.first)
    end = _floor(stretch.last) + QUARTER
    return Window(start, max(end, _ceil(after)) if after is not None else end)


def union(windows: Iterable[Window]) -> list[Window]:
    """The same periods, each once, in order."""
    merged: list[Window] = []
    for each in sorted(windows):
        if merged and each.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged


def pieces(window: Window) -> list[Window]:
    """``window`` cut into stretches of at most :data:`PIECE`."""
    count = -((window.start - window.end) // PIECE)
    return _cut(window, [window.start + n * PIECE for n in range(1, count)])


def by_day(window: Window) -> list[Window]:
    """``window`` cut at each 00:00 UTC inside it."""
    first = datetime.combine(window.start.date(), time(), timezone.utc) + timedelta(days=1)
    count = -((first - window.end) // timedelta(days=1))
    return _cut(window, [first + timedelta(days=n) for n in range(count)])


def _cut(window: Window, edges: list[datetime]) -> list[Window]:
    return [Window(*each) for each in pairwise([window.start, *edges, window.end])]


def _floor(at: datetime) -> datetime:
    return from_us(to_us(at) // QUARTER_US * QUARTER_US)


def _ceil(at: datetime) -> datetime:
    return from_us(-(-to_us(at) // QUARTER_US) * QUARTER_US)
