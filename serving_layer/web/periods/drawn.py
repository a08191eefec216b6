"""The chart of a period: a day as a curve with its forecast, a longer one as columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from energy.records import Quantity
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views.forecast import Forecast, NoForecast, newest
from serving_layer.web.charts import columns, curve
from serving_layer.web.charts.labels import Labels
from serving_layer.web.charts.plot import Plot
from serving_layer.web.periods.energies import Energies
from serving_layer.web.periods.months import Asked
from serving_layer.web.periods.period import Period

FORECAST_OF = ("generation", "consumption")


class Chart(NamedTuple):
    """A chart to be drawn: of which quantity, with which power now, in which words."""

    quantity: Quantity
    power: Mapping[str, float]
    labels: Labels


def drawn(reader: Reader, asked: Asked, period: Period, found: Energies | None, chart: Chart) -> Plot:
    """Today's curve goes on to the end of tomorrow where that is forecast."""
    zone = asked.zone
    span = period.span(zone)
    parts, before = ([], []) if found is None else (found.parts, found.before)
    if period.kind != "day":
        whole = columns.Columns(period.kind, span, period.before.span(zone), parts, before)
        return columns.draw(whole, chart.labels)
    forecast = _forecast(reader, asked, chart.quantity, span)
    is_today = span.start <= asked.now < span.end
    if is_today and forecast is not None and forecast.values[-1].time >= span.end:
        span = Span(span.start, period.after.span(zone).end)
    watts = chart.power.get(f"{chart.quantity}_w") if is_today else None
    return curve.draw(curve.Day(span, parts, before, forecast, asked.now, watts), chart.labels)


def _forecast(reader: Reader, asked: Asked, quantity: Quantity, day: Span) -> Forecast | None:
    """The forecast that is drawn: today's newest, another day's as it was when the day began."""
    if quantity not in FORECAST_OF:
        return None
    before = None if asked.now < day.end else day.start + timedelta.resolution
    try:
        return newest(reader, asked.installation_id, quantity, asked.seen, before)
    except NoForecast:
        return None
