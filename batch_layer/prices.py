"""The prices of the next two days, hourly, with a band and the record of the model that forecasts them.

An origin is the end of the last day of Europe/Madrid whose prices are known: those of the day that holds the cut were
published before it began. Where no prices are archived the step says so and costs nothing.
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import PRICE_FORECAST, PRICE_SKILL
from batch_layer.master import dataset
from batch_layer.pricing import candidates, weather
from batch_layer.pricing.day_ahead import Ahead, Market, ahead
from batch_layer.runs import Night, Outcome, Run
from energy.calendar import MADRID, local_day

HOUR = pd.Timedelta("1h")
STALE = pd.Timedelta("2D")
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
    known = _newest(chosen).toPandas()
    stale = pd.Timestamp(night.run.cut).tz_localize(None) - STALE
    markets = []
    for market, zone in series:
        own = known[(known["market"] == market) & (known["zone"] == zone)]
        if len(own) and own["end"].max() > stale:
            markets.append(Market(market, zone, hourly(own)))
    return markets, len(series) - len(markets)


def _newest(rows: DataFrame) -> DataFrame:
    """The price of each period that was known last, and of each hour those of the shortest periods."""
    return (
        rows.groupBy("market", "zone", "start", "end")
        .agg(F.max_by("price_eur_mwh", "known_at").alias("value"))
        .withColumn("hour", F.date_trunc("hour", "start"))
        .withColumn("seconds", F.col("end").cast("long") - F.col("start").cast("long"))
    )


def hourly(rows: pd.DataFrame) -> pd.Series:
    """Prices on a gapless UTC hour grid, NaN where none is known: quarter-hours, where there are some, are averaged.

    ``rows`` has hour, seconds and value.
    """
    shortest = rows.groupby("hour")["seconds"].transform("min")
    values = rows[rows["seconds"] == shortest].groupby("hour")["value"].mean()
    values.index = pd.DatetimeIndex(values.index).tz_localize("UTC") if values.index.tz is None else values.index
    answer: pd.Series = values.sort_index().asfreq("h")
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
