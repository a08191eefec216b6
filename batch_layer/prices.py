"""The prices of the next two days, hourly, with a band and the record of the model that forecasts them.

An origin is the end of the last day of Europe/Madrid whose prices are known: those of the day that holds the cut were
published before it began. Where no prices are archived the step says so and costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import PRICE_FORECAST, PRICE_SKILL
from batch_layer.master import dataset
from batch_layer.master.quotes import by_market
from batch_layer.pricing import candidates, weather
from batch_layer.pricing.day_ahead import Ahead, Market, ahead
from batch_layer.runs import Night, Outcome, Run
from energy.calendar import MADRID, local_day
from energy.money.quotes import newest

HOUR = timedelta(hours=1)
STALE = timedelta(days=2)
"""Two days after the last known price nothing of what would be forecast is still to come."""


def run(night: Night) -> Outcome:
    """Hand on the forecast prices and the record of the models. A reader takes those of published runs alone."""
    markets, notes = read_markets(night)
    forecasts = ahead(
        night.spark,
        markets,
        candidates.ENGINES[night.settings.price.model],
        weather.read(night, markets),
    )
    rows = [row for each in forecasts for row in _price_rows(each, night.run)]
    records = [(each.market.market, each.market.zone, *row) for each in forecasts for row in each.record]
    for artifact, content in ((PRICE_FORECAST, rows), (PRICE_SKILL, records)):
        artifact.write(night, night.spark.createDataFrame(content, artifact.columns), is_small=True)
    known_days = {f"{each.market.market}_{each.market.zone}_known_days": each.days for each in forecasts}
    return Outcome({"price_hours": len(rows), "prices_not_forecast": notes} | known_days)


def read_markets(night: Night) -> tuple[list[Market], int]:
    """The hourly prices of each series of the settings, up to the end of the cut's day in Madrid.

    Also the number of series of which none are archived, or none of the last two days.
    """
    end = local_day(night.run.cut.astimezone(MADRID).date(), MADRID)[1]
    first = (night.run.cut - timedelta(days=night.settings.price.history_days)).date()
    wanted = [day for day in dataset.days(night.spark, night.settings, "prices") if first <= day <= end.date()]
    rows = dataset.read(night.spark, night.settings, "prices", wanted).where(F.col("start") < F.lit(end))
    series = [tuple(name.split("/", 1)) for name in night.settings.price.series]
    chosen = rows.where(F.concat_ws("/", "market", "zone").isin(*night.settings.price.series))
    known = by_market(_last_known(chosen))
    markets = []
    for market, zone in series:
        own = known.get((market, zone), [])
        if own and max(price["end"] for price in own) > night.run.cut - STALE:
            markets.append(Market(market, zone, hourly(own)))
    return markets, len(series) - len(markets)


def _last_known(rows: DataFrame) -> DataFrame:
    """The price of each period that was known last, as :func:`energy.money.quotes.newest` ranks them."""
    last = F.struct("known_at", "provider", "price_eur_mwh")
    periods = ("market", "zone", "start", "end")
    return rows.groupBy(*periods).agg(F.max(last).alias("last")).select(*periods, "last.*")


def hourly(prices: Iterable[dict[str, Any]]) -> pd.Series:
    """Prices on a gapless UTC hour grid, NaN where none is known: the mean by time of those that count in the hour."""
    sums: dict[datetime, float] = defaultdict(float)
    known: dict[datetime, float] = defaultdict(float)
    for price in newest(prices):
        start = price["start"]
        while start < price["end"]:
            hour = start.replace(minute=0, second=0, microsecond=0)
            until = min(price["end"], hour + HOUR)
            sums[hour] += price["price_eur_mwh"] * ((until - start) / HOUR)
            known[hour] += (until - start) / HOUR
            start = until
    means = pd.Series({pd.Timestamp(hour): total / known[hour] for hour, total in sums.items()}, dtype=float)
    answer: pd.Series = means.sort_index().asfreq("h")
    return answer


def _price_rows(forecast: Ahead, run: Run) -> list[tuple[object, ...]]:
    market = forecast.market
    return [
        (
            market.market,
            market.zone,
            hour.start.date(),
            hour.start.to_pydatetime(),
            run.cut,
            (hour.start + HOUR).to_pydatetime(),
            hour.p50,
            "solera",
            "forecast",
            hour.p10,
            hour.p90,
            hour.model,
            hour.step,
        )
        for hour in forecast.hours
    ]


if __name__ == "__main__":
    from batch_layer.entry import main

    main("prices")
