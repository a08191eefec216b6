"""The country's weather for the price forecast: archived forecasts as they were issued, and the stations' daily values.

A network learns what the weather of each station does to the price, and wants years of it. Of the time before forecasts
were archived there are AEMET's daily values, which nobody knew ahead: it may learn from them, no day of a record sees
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.clock import utc
from batch_layer.master import dataset
from batch_layer.pricing import band
from batch_layer.pricing.day_ahead import Market
from batch_layer.runs import Night
from conf.stations import DAILY_VALUES, municipality_of_station

VARIABLES = ("temperature_c", "wind_speed_m_s", "cloud_fraction")
"""The variables that move demand, wind power and solar power."""
MOST_PLACES = 60
"""Most places whose weather is an input of the perceptron each; of more, that of those in ``stations.csv``."""
LIGHT = (6, 17)
"""UTC hours whose clouds are a day's, as the hours of sunshine tell of them."""
DAY = pd.Timedelta("1D")


def read(night: Night, markets: Sequence[Market]) -> pd.DataFrame | None:
    """issued_at, time and numbers: of each variable the mean, least and most over all places; for the perceptron those
    of each place.

    None where no market is forecast or no weather is archived.
    """
    if not markets:
        return None
    first = (night.run.cut - timedelta(days=night.settings.price.history_days)).date()
    last = (night.run.cut + timedelta(days=3)).date()
    days = [day for day in dataset.days(night.spark, night.settings, "weather") if first <= day <= last]
    if not days:
        return None
    archived = dataset.read(night.spark, night.settings, "weather", days).where(
        F.col("issued_at") <= F.lit(night.run.cut)
    )
    hours = _newest_hours(archived.where(F.col("kind") == "forecast"))
    if night.settings.price.model == "mlp":
        known_to = min(market.values.index[-1] for market in markets)
        # The record's first day is so long before; a day more, for the change since the day before it.
        record_from = known_to - (band.DAYS + 2) * DAY
        table = by_station(_days(hours).toPandas(), _observed(archived).toPandas(), record_from)
    else:
        names = [f(name).alias(f"{name}_{f.__name__}") for name in VARIABLES for f in (F.avg, F.min, F.max)]
        table = hours.groupBy("issued_at", "time").agg(*names).toPandas()
        table = table.assign(issued_at=utc(table["issued_at"]), time=utc(table["time"]))
    answer: pd.DataFrame = table.dropna(axis=1, how="all")
    return None if answer.empty else answer


def by_station(forecast: pd.DataFrame, observed: pd.DataFrame, record_from: pd.Timestamp) -> pd.DataFrame:
    """issued_at, time and the numbers of each place; all hours of a day (UTC) have the day's.

    ``forecast`` has location_id, issued_at, day and ``VARIABLES``. ``observed`` has them without issued_at, and stands
    in for what was not forecast of the days that end by ``record_from``.
    """
    issued, past = _wide(forecast, "issued_at", "day"), _wide(observed, "day")
    past = past[past.index + DAY <= record_from]
    beside = past.reindex(issued.index.get_level_values("day")).set_axis(issued.index)
    # As if issued when the day may first be asked for: every genuine issue is newer.
    alone = past.set_axis(pd.MultiIndex.from_arrays([past.index - 2 * DAY, past.index], names=["issued_at", "day"]))
    days = pd.concat([issued.combine_first(beside), alone.drop(issued.index, errors="ignore")]).reset_index()
    hours = days.loc[days.index.repeat(24)]
    time = hours.pop("day") + pd.to_timedelta(hours.groupby(level=0).cumcount(), unit="h")
    answer: pd.DataFrame = hours.assign(time=time).reset_index(drop=True)
    return answer


def _newest_hours(issued: DataFrame) -> DataFrame:
    """The last forecast of each place and hour before a midnight, which becomes its ``issued_at``."""
    midnight = F.date_trunc("day", F.col("issued_at") - F.expr("INTERVAL 1 SECOND")) + F.expr("INTERVAL 1 DAY")
    return (
        issued.withColumn("said_at", F.col("issued_at"))
        .groupBy("location_id", midnight.alias("issued_at"), F.date_trunc("hour", "time").alias("time"))
        .agg(*[F.max_by(name, "said_at").alias(name) for name in VARIABLES])
    )


def _days(hours: DataFrame) -> DataFrame:
    """Days of the perceptron's places, made as daily values are: temperature is the middle of its extremes."""
    places = [row.location_id for row in hours.select("location_id").distinct().collect()]
    if len(places) > MOST_PLACES:
        places = list(municipality_of_station().values())
    clouds = F.when(F.hour("time").between(*LIGHT), F.col("cloud_fraction"))
    return (
        hours.where(F.col("location_id").isin(places))
        .groupBy("location_id", "issued_at", F.date_trunc("day", "time").alias("day"))
        .agg(
            ((F.max("temperature_c") + F.min("temperature_c")) / 2).alias("temperature_c"),
            F.avg("wind_speed_m_s").alias("wind_speed_m_s"),
            F.avg(clouds).alias("cloud_fraction"),
        )
    )


def _observed(archived: DataFrame) -> DataFrame:
    """Daily values of the stations, as known last, each as its municipality's."""
    stations = municipality_of_station()
    municipality = F.create_map(*[F.lit(code) for pair in stations.items() for code in pair])[F.col("location_id")]
    return (
        archived.where((F.col("provider") == DAILY_VALUES) & F.col("location_id").isin(sorted(stations)))
        .groupBy(municipality.alias("location_id"), F.date_trunc("day", "time").alias("day"))
        .agg(*[F.max_by(name, "issued_at").alias(name) for name in VARIABLES])
    )


def _wide(days: pd.DataFrame, *index: str) -> pd.DataFrame:
    """A column a place and variable; the times ``index`` (UTC) tell the rows."""
    times = {name: utc(days[name]) for name in index}
    table = days.assign(**times).set_index([*index, "location_id"])[list(VARIABLES)].astype(float).unstack()
    answer: pd.DataFrame = table.set_axis([f"{place}_{name}" for name, place in table.columns], axis=1)
    return answer
