"""Words and zone of a chart, and what its axes say of times and energies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from serving_layer.web.charts.plot import Frame, Tick
from serving_layer.web.words.words import Words


class Labels(NamedTuple):
    """The way times and numbers are written."""

    zone: ZoneInfo
    words: Words

    def clock(self, at: datetime) -> str:
        """12:15."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def stretch(self, start: datetime, end: datetime) -> str:
        """12:00 – 12:15."""
        return f"{self.clock(start)} – {self.clock(end)}"


def hours(frame: Frame, labels: Labels) -> Iterator[Tick]:
    """A label every six hours of the local clock; midnight names the day."""
    whole = frame.end - frame.start
    every = 6 if whole < timedelta(hours=30) else 12
    at = frame.start
    while at < frame.end:
        local = at.astimezone(labels.zone)
        if local.minute == 0 and local.hour % every == 0:
            yield Tick(frame.across(at), labels.clock(at) if local.hour else labels.words.day(local))
        at += timedelta(minutes=30)


def heights(frame: Frame, ticks: list[float], labels: Labels, decimals: int = 2) -> list[Tick]:
    """The labels of the axis of heights, with no more decimals than they need."""
    needed = next((n for n in range(decimals) if all(abs(round(t, n) - t) < 1e-9 for t in ticks)), decimals)
    return [Tick(frame.up(tick), labels.words.number(tick, needed)) for tick in ticks]
