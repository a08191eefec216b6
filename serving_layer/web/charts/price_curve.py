"""The curve of prices: known ones, forecast ones and their band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from energy.money.quotes import FORECAST
from serving_layer.instants import Span
from serving_layer.web.charts import plot
from serving_layer.web.charts.labels import Labels, heights, hours
from serving_layer.web.charts.plot import Frame, Plot, Slot, Step

Price = Mapping[str, Any]


class Prices(NamedTuple):
    """Prices (EUR/MWh) of ``span``, each with its end, by start."""

    span: Span
    values: Sequence[Price]
    now: datetime


def draw(of: Prices, labels: Labels) -> Plot:
    """Heights are EUR/kWh."""
    known = [price for price in of.values if price["kind"] != FORECAST]
    ahead = [price for price in of.values if price["kind"] == FORECAST]
    pairs = [(_step(price, "p90"), _step(price, "p10")) for price in ahead if None not in (price["p10"], price["p90"])]
    steps, later = ([_step(price, "price_eur_mwh") for price in prices] for prices in (known, ahead))
    low, high, ticks = plot.scale(
        [step.height for step in (*steps, *later, *(each for pair in pairs for each in pair))]
    )
    frame = Frame(*of.span, low, high)
    shapes = [
        plot.band(frame, pairs, "band"),
        plot.area(frame, steps, "live fill"),
        plot.line(frame, steps, "known"),
        plot.line(frame, later, "forecast"),
    ]
    words = labels.words
    legend = [("live", words.known)] if known else []
    legend += [("forecast", words.forecast)] if ahead else []
    legend += [("band", words.band)] if pairs else []
    now = frame.across(of.now) if of.span.start <= of.now < of.span.end else None
    slots = [_slot(frame, price, labels) for price in of.values]
    shown = [shape for shape in shapes if shape.path]
    return Plot(shown, list(hours(frame, labels)), heights(frame, ticks, labels), "€/kWh", slots, legend, now)


def _step(price: Price, which: str) -> Step:
    return Step(price["start"], price["end"], price[which] / 1000)


def _slot(frame: Frame, price: Price, labels: Labels) -> Slot:
    words, start, end = labels.words, price["start"], price["end"]
    day = words.written(start.astimezone(labels.zone), "EEE d MMM")
    head, said = f"{day}, {labels.stretch(start, end)}", words.per_kwh(price["price_eur_mwh"])
    return Slot(frame.across(start), frame.across(end), head, said, _why(price, labels))


def _why(price: Price, labels: Labels) -> list[tuple[str, str]]:
    words, say = labels.words, labels.words.pages
    said = [
        (say["why_view"], words.forecast if price["kind"] == FORECAST else words.known),
        (say["why_known_at"], words.moment(price["known_at"], labels.zone)),
        (say["why_source"], price["provider"]),
        (say["why_model"], words.sentence(price["model"] or "")),
        (say["why_step"], words.steps.get(price["step"], price["step"])),
    ]
    if None not in (price["p10"], price["p90"]):
        said.append((words.band, f"{words.per_kwh(price['p10'])} – {words.per_kwh(price['p90'])}"))
    return [(name, text) for name, text in said if text]
