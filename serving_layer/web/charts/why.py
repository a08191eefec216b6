"""Reasons for a number, in a person's words: view, run, method, time covered, bounds and cause."""

from __future__ import annotations

from serving_layer.views.forecast import Forecast, ForecastHour
from serving_layer.views.merge import BATCH, Value
from serving_layer.web.charts.labels import Labels

Why = list[tuple[str, str]]


def of_value(value: Value, labels: Labels) -> Why:
    """The reasons of one value of the merged view."""
    words, say = labels.words, labels.words.pages
    said = [(say["why_view"], say["view_batch"] if value.view == BATCH else say["view_speed"])]
    if value.run_id:
        said.append((say["why_run"], value.run_id))
    if value.method:
        said.append((say["why_method"], words.methods.get(value.method, value.method)))
    if value.completeness is not None:
        said.append((say["why_covered"], say["percent_of_time"].format(percent=words.number(100 * value.completeness))))
    lower, upper = (value.energy_wh if each is None else each for each in (value.lower_wh, value.upper_wh))
    if (lower, upper) != (value.energy_wh, value.energy_wh):
        bounds = (" ".join(words.energy(each)) for each in (lower, upper))
        said.append((say["why_bounds"], " – ".join(bounds)))
    else:
        said.append((say["why_bounds"], say["no_doubt"]))
    if value.cause:
        said.append((say["why_cause"], words.cause(value.cause)))
    return said


def of_forecast(hour: ForecastHour, forecast: Forecast, labels: Labels) -> Why:
    """The reasons of an hour that is forecast."""
    say = labels.words.pages
    band = (" ".join(labels.words.energy(each)) for each in (hour.p10_wh, hour.p90_wh))
    return [
        (say["why_view"], labels.words.forecast),
        (say["why_issued"], labels.words.moment(forecast.issued_at, labels.zone)),
        (say["why_run"], hour.run_id),
        (say["why_model"], labels.words.sentence(hour.model)),
        (say["why_step"], labels.words.steps.get(hour.step, hour.step)),
        (labels.words.band, " – ".join(band)),
    ]
