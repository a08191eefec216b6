"""The columns of a week, a month or a year, those of the period before behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from energy.calendar import periods
from serving_layer.instants import Span
from serving_layer.views.merge import BATCH, Value
from serving_layer.web.charts import plot, why
from serving_layer.web.charts.labels import Labels, heights
from serving_layer.web.charts.plot import Frame, Plot, Slot, Step, Tick

PATTERNS = {"week": "EEE d", "month": "d", "year": "LLLLL"}
"""The pattern of the label below a column (Unicode TR 35)."""
HEADS = {"week": "EEEE d MMMM", "month": "EEEE d MMMM", "year": "LLLL y"}


class Columns(NamedTuple):
    """A period of ``kind``; ``values`` and ``before`` are of days, in a year of months."""

    kind: str
    span: Span
    before_span: Span
    values: Sequence[Value]
    before: Sequence[Value]

    @property
    def resolution(self) -> str:
        """Length of a column."""
        return "month" if self.kind == "year" else "day"


def draw(of: Columns, labels: Labels) -> Plot:
    """Heights are kWh, or MWh where they are large."""
    unit, per = (
        ("MWh", 1e6) if max((v.energy_wh for v in (*of.values, *of.before)), default=0.0) >= 2e6 else ("kWh", 1e3)
    )
    places = list(periods(*of.span, of.resolution, labels.zone))
    known = {value.start: value for value in of.values}
    earlier = _earlier(of, places, labels)
    steps = [Step(start, end, known[start].energy_wh / per) for start, end in places if start in known]
    behind = [Step(start, end, earlier[start].energy_wh / per) for start, end in places if start in earlier]
    low, high, ticks = plot.scale([step.height for step in (*steps, *behind)])
    frame = Frame(*of.span, low, high)
    published = [step for step in steps if known[step.start].view == BATCH]
    live = [step for step in steps if known[step.start].view != BATCH]
    shapes = [
        plot.bars(frame, behind, "earlier fill", 0.04),
        plot.bars(frame, published, "published bar", 0.16),
        plot.bars(frame, live, "live bar", 0.16),
    ]
    slots = [
        _slot(frame, end, known[start], earlier.get(start), (of, labels)) for start, end in places if start in known
    ]
    legend = [("published bar", labels.words.published)] if published else []
    legend += [("live bar", labels.words.provisional)] if live else []
    legend += [("earlier", labels.words.pages["period_before"])] if behind else []
    shown = [shape for shape in shapes if shape.path]
    return Plot(shown, _ticks(frame, places, of.kind, labels), heights(frame, ticks, labels), unit, slots, legend)


def _earlier(of: Columns, places: Sequence[tuple[datetime, datetime]], labels: Labels) -> dict[datetime, Value]:
    """The values of the period before, by the start of the column in whose place they stand."""
    before = {value.start: value for value in of.before}
    starts = [start for start, _ in periods(*of.before_span, of.resolution, labels.zone)]
    pairs = zip_longest((start for start, _ in places), starts)
    return {place: before[start] for place, start in pairs if place is not None and start in before}


def _ticks(frame: Frame, places: Sequence[tuple[datetime, datetime]], kind: str, labels: Labels) -> list[Tick]:
    every = 5 if kind == "month" else 1
    return [
        Tick(
            frame.across(start + (end - start) / 2), labels.words.written(start.astimezone(labels.zone), PATTERNS[kind])
        )
        for n, (start, end) in enumerate(places)
        if n == 0 or (n + 1) % every == 0
    ]


def _slot(frame: Frame, end: datetime, value: Value, before: Value | None, of: tuple[Columns, Labels]) -> Slot:
    columns, labels = of
    words = labels.words
    head = words.written(value.start.astimezone(labels.zone), HEADS[columns.kind])
    said = why.of_value(value, labels)
    if before is not None:
        said.insert(0, (words.pages["period_before"], " ".join(words.energy(before.energy_wh))))
    sides = frame.across(value.start), frame.across(end - timedelta.resolution)
    return Slot(*sides, head, " ".join(words.energy(value.energy_wh)), said)
