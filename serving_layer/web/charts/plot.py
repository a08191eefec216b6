"""Curves and bars as paths of SVG, in thousandths of the frame's width and height; what stands beside them is HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

SIDE = 1000.0


class Step(NamedTuple):
    """A height from ``start`` to ``end`` (UTC)."""

    start: datetime
    end: datetime
    height: float


class Shape(NamedTuple):
    """A path and its class: what the style sheet colours it by."""

    kind: str
    path: str


class Tick(NamedTuple):
    """A label at so many percent of an axis."""

    at: float
    text: str


class Slot(NamedTuple):
    """A stretch of the axis of time, in percent, the words of what stands there, and why it is so."""

    left: float
    right: float
    head: str
    text: str
    why: list[tuple[str, str]]


class Frame(NamedTuple):
    """The area from ``start`` to ``end`` across, from ``low`` to ``high`` up."""

    start: datetime
    end: datetime
    low: float
    high: float

    def across(self, at: datetime) -> float:
        """Percent of the width."""
        return min(100.0, max(0.0, 100 * ((at - self.start) / (self.end - self.start))))

    def up(self, height: float) -> float:
        """Percent of the height, from the bottom."""
        return 100 * (height - self.low) / (self.high - self.low)

    def xy(self, at: datetime, height: float) -> str:
        """A point of a path."""
        return f"{self.across(at) * SIDE / 100:.1f} {SIDE - self.up(height) * SIDE / 100:.1f}"


class Plot(NamedTuple):
    """All that a chart shows."""

    shapes: Sequence[Shape]
    across: Sequence[Tick]
    up: Sequence[Tick]
    unit: str
    slots: Sequence[Slot]
    legend: Sequence[tuple[str, str]]
    """Class and name of what is drawn."""
    now: float | None = None
    """Percent of the axis of time."""
    point: float | None = None
    """Percent of the height, at ``now``."""
    said: str = ""
    """A sentence beside the legend."""
    frame: Frame | None = None
    """The frame in which ``now`` and ``point`` move as time passes."""


def scale(heights: Iterable[float], ticks: int = 4) -> tuple[float, float, list[float]]:
    """Bottom and top of an axis that holds 0 and ``heights``, and round heights for its labels."""
    held = [0.0, *heights]
    low, high = min(held), max(held)
    step = _round_step((high - low) / ticks) if high > low else 1.0
    first, last = math.floor(low / step + 1e-9), max(1, math.ceil(high / step - 1e-9))
    return first * step, last * step, [n * step for n in range(first, last + 1)]


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least - 1e-12)


def line(frame: Frame, steps: Sequence[Step], kind: str) -> Shape:
    """The upper edge of ``steps``, broken where one is missing."""
    drawn = []
    for run in _runs(steps):
        drawn.append("M" + "L".join(point for step in run for point in _edge(frame, step)))
    return Shape(kind, "".join(drawn))


def area(frame: Frame, steps: Sequence[Step], kind: str) -> Shape:
    """All between ``steps`` and 0."""
    return band(frame, [(step, step._replace(height=0.0)) for step in steps], kind)


def band(frame: Frame, pairs: Sequence[tuple[Step, Step]], kind: str) -> Shape:
    """All between two heights of the same stretches, the upper first."""
    drawn, lower = [], {upper.start: each for upper, each in pairs}
    for run in _runs([upper for upper, _ in pairs]):
        above = [point for step in run for point in _edge(frame, step)]
        below = [point for step in reversed(run) for point in reversed(_edge(frame, lower[step.start]))]
        drawn.append("M" + "L".join([*above, *below]) + "Z")
    return Shape(kind, "".join(drawn))


def bars(frame: Frame, steps: Sequence[Step], kind: str, inset: float = 0.12) -> Shape:
    """A bar a step, ``inset`` of its width free on either side."""
    return area(frame, [_narrow(step, inset * (step.end - step.start)) for step in steps], kind)


def _narrow(step: Step, by: timedelta) -> Step:
    return step._replace(start=step.start + by, end=step.end - by)


def _edge(frame: Frame, step: Step) -> tuple[str, str]:
    return frame.xy(step.start, step.height), frame.xy(step.end, step.height)


def _runs(steps: Sequence[Step]) -> list[list[Step]]:
    runs: list[list[Step]] = []
    for step in steps:
        if runs and runs[-1][-1].end == step.start:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def data(plot: Plot) -> list[dict[str, Any]]:
    """The slots as the page's script reads them."""
    return [{"l": round(s.left, 2), "r": round(s.right, 2), "h": s.head, "t": s.text, "w": s.why} for s in plot.slots]
