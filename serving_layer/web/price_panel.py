"""Prices of energy from a day on: now, in the cheapest hours ahead, and how right forecasts of them were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from energy.forecasts.scores import NAIVE
from energy.money.quotes import FORECAST
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged, prices
from serving_layer.web.words.words import Words

AHEAD = timedelta(hours=72)
KEPT_SECONDS = 30.0
CHEAP_HOURS = 3
Price = Mapping[str, Any]


@dataclass(frozen=True)
class Prices:
    """Prices (EUR/MWh) by start, and the record of the models that forecast them; times are UTC."""

    zone: ZoneInfo
    now: datetime
    values: list[dict[str, Any]]
    record: list[dict[str, Any]]

    @property
    def ahead(self) -> list[dict[str, Any]]:
        """Periods that have not ended."""
        return [price for price in self.values if price["end"] > self.now]


def take(reader: Reader, market: str, zone: ZoneInfo, start: datetime, now: datetime) -> Prices:
    """Prices from ``start``, the beginning of the local day; asked of the store at most every half minute."""

    def load() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        visible, place = merged.seen(reader), prices.ZONES[market]
        found = prices.read(reader, market, place, Span(start, start + AHEAD), visible)
        return found, prices.record(reader, market, place, visible)

    values, record = reader.kept(f"prices {market} {start}", KEPT_SECONDS, load)
    return Prices(zone, now, values, record)


def said(shown: Prices, words: Words) -> list[tuple[str, str, str]]:
    """Name, value and note of the price now and of the cheapest hours ahead, each where it is known."""
    now = next((price for price in shown.ahead if price["start"] <= shown.now), None)
    found = [(words.price_now, words.per_kwh(now["price_eur_mwh"]), "")] if now else []
    cheap = cheapest(shown.ahead, CHEAP_HOURS)
    if cheap:
        found.append((words.cheapest, words.moment(cheap, shown.zone), _how_known(shown, cheap, words)))
    return found


def cheapest(ahead: Sequence[Price], hours: int) -> datetime | None:
    """The beginning of the cheapest ``hours`` hours in a row; None where fewer are known or forecast."""
    by_hour: dict[datetime, list[float]] = {}
    for price in ahead:
        by_hour.setdefault(price["start"].replace(minute=0), []).append(price["price_eur_mwh"])
    mean = {hour: sum(each) / len(each) for hour, each in by_hour.items()}
    sums = {}
    for hour in mean:
        following = [hour + timedelta(hours=n) for n in range(hours)]
        if all(each in mean for each in following):
            sums[hour] = sum(mean[each] for each in following)
    return min(sums, key=lambda hour: sums[hour], default=None)


def _how_known(shown: Prices, start: datetime, words: Words) -> str:
    kinds = {p["kind"] for p in shown.values if start <= p["start"] < start + timedelta(hours=CHEAP_HOURS)}
    return words.as_forecast if FORECAST in kinds else ""


def record(shown: Prices, words: Words) -> str:
    """Errors of the published model and of the naive forecast, in a sentence."""
    published = next((row for row in shown.record if row["is_published"]), None)
    if published is None or not any(price["kind"] == FORECAST for price in shown.values):
        return words.no_price_forecast
    mae = words.cents(published["mae_eur_mwh"])
    model = words.sentence(published["model"])
    record = words.price_record.format(model=model, mae=mae, days=published["days"])
    naive = next((row for row in shown.record if row["model"] == NAIVE), None)
    if naive is None or naive is published:
        return f"{record}."
    return f"{record}{words.price_naive.format(mae=words.cents(naive['mae_eur_mwh']))}."
