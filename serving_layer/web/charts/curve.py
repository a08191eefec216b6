"""The curve of a day: power as published, live, forecast with its band, and of the day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from energy.calendar import period_end
from energy.energy_row import QUARTER
from serving_layer.instants import Span
from serving_layer.views.forecast import Forecast, ForecastHour
from serving_layer.views.merge import BATCH, Value
from serving_layer.web.charts import plot, why
from serving_layer.web.charts.labels import Labels, heights, hours
from serving_layer.web.charts.plot import Frame, Plot, Shape, Slot, Step

HOUR = timedelta(hours=1)


class Day(NamedTuple):
    """Values of a quantity in ``span`` that are drawn; ``before`` is the day before it, ``watts`` the power now."""

    span: Span
    values: Sequence[Value]
    before: Sequence[Value]
    forecast: Forecast | None
    now: datetime
    watts: float | None

    @property
    def ended(self) -> list[Value]:
        """Values of quarter-hours that have ended: of one that has not, the energy so far is no power."""
        return [value for value in self.values if value.start + QUARTER <= self.now]

    @property
    def hours(self) -> list[ForecastHour]:
        """Forecast hours of the span."""
        hours = [] if self.forecast is None else self.forecast.values
        return [hour for hour in hours if self.span.start <= hour.time < self.span.end]


def draw(day: Day, labels: Labels) -> Plot:
    """Heights are kW."""
    values = [_step(value) for value in day.ended]
    before = _shifted(day, labels)
    middle, pairs = _forecast_steps(day.hours)
    tops = [step.height for step in (*values, *before, *(upper for upper, _ in pairs))]
    now = day.now if day.span.start <= day.now < day.span.end else None
    point = None if now is None or day.watts is None else day.watts / 1000
    low, high, ticks = plot.scale([*tops, *([] if point is None else [point])])
    frame = Frame(*day.span, low, high)
    shapes = [
        plot.band(frame, pairs, "band"),
        plot.line(frame, before, "before"),
        *_views(frame, day.ended),
        plot.line(frame, middle, "forecast"),
    ]
    return Plot(
        [shape for shape in shapes if shape.path],
        list(hours(frame, labels)),
        heights(frame, ticks, labels),
        "kW",
        _slots(frame, day, labels),
        _legend(day, labels),
        None if now is None else frame.across(now),
        None if point is None else frame.up(point),
        _expected(day, labels),
        None if now is None else frame,
    )


def _views(frame: Frame, values: Sequence[Value]) -> list[Shape]:
    published = [_step(value) for value in values if value.view == BATCH]
    live = [_step(value) for value in values if value.view != BATCH]
    return [
        plot.area(frame, published, "published fill"),
        plot.area(frame, live, "live fill"),
        plot.line(frame, [*published, *live], "known"),
    ]


def _step(value: Value) -> Step:
    return Step(value.start, value.start + QUARTER, value.energy_wh * 4 / 1000)


def _shifted(day: Day, labels: Labels) -> list[Step]:
    """The day before on this day's clock."""
    moved = []
    for value in day.before:
        local = value.start.astimezone(labels.zone).replace(tzinfo=None) + timedelta(days=1)
        at = local.replace(tzinfo=labels.zone).astimezone(value.start.tzinfo)
        moved.append(Step(at, at + QUARTER, value.energy_wh * 4 / 1000))
    return moved


def _forecast_steps(hours: Sequence[ForecastHour]) -> tuple[list[Step], list[tuple[Step, Step]]]:
    def at(hour: ForecastHour, watt_hours: float) -> Step:
        return Step(hour.time, hour.time + HOUR, watt_hours / 1000)

    middle = [at(hour, hour.p50_wh) for hour in hours]
    return middle, [(at(hour, hour.p90_wh), at(hour, hour.p10_wh)) for hour in hours]


def _slots(frame: Frame, day: Day, labels: Labels) -> list[Slot]:
    """One a quarter-hour that is known, and one an hour that is only forecast."""
    slots, words = [], labels.words
    for value in day.ended:
        end = value.start + QUARTER
        text = f"{words.number(value.energy_wh * 4 / 1000, 2)} kW"
        energy = (words.pages["energy"], " ".join(words.energy(value.energy_wh)))
        reason = [energy, *why.of_value(value, labels)]
        slots.append(Slot(frame.across(value.start), frame.across(end), labels.stretch(value.start, end), text, reason))
    known_to = day.ended[-1].start + QUARTER if day.ended else day.span.start
    for hour in day.hours:
        end = hour.time + HOUR
        if end <= known_to or day.forecast is None:
            continue
        text = f"{words.number(hour.p50_wh / 1000, 2)} kW ({words.forecast})"
        begin = max(hour.time, known_to)
        reason = why.of_forecast(hour, day.forecast, labels)
        slots.append(Slot(frame.across(begin), frame.across(end), labels.stretch(hour.time, end), text, reason))
    return slots


def _expected(day: Day, labels: Labels) -> str:
    """The energy of the first day of the span as it is forecast: what was known before its forecast begins counts too,
    for a night in UTC issues it after the local midnight. Nothing where a part is missing."""
    end = period_end(day.span.start, "day", labels.zone)
    hours = [hour for hour in day.hours if hour.time < end]
    if not hours:
        return ""
    before = [value.energy_wh for value in day.ended if value.start < hours[0].time]
    if len(before) * QUARTER + len(hours) * HOUR != end - day.span.start:
        return ""
    energy = " ".join(labels.words.energy(sum(before) + sum(hour.p50_wh for hour in hours)))
    return labels.words.pages["expected"].format(energy=energy)


def _legend(day: Day, labels: Labels) -> list[tuple[str, str]]:
    words, views = labels.words, {value.view for value in day.ended}
    said = [("published", words.published)] if BATCH in views else []
    said += [("live", words.provisional)] if views - {BATCH} else []
    said += [("before", words.pages["day_before"])] if day.before else []
    return [*said, *([("forecast", words.forecast), ("band", words.band)] if day.hours else [])]
