"""The agreements of all communities, cut into local months: one row a member, version and month, with its betas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from energy.calendar import day_start, months_later, zone
from energy.money.community.agreement import ALL_HOURS
from energy.money.community.hours import HOUR
from energy.money.community.settled import month_hours, month_numbers

TABLE = (
    "community_id string, since date, installation_id string, year int, betas array<int>, generation string, "
    "hours string, time_zone string"
)
"""The columns of table ``agreement`` that an agreement has; ``kept_at`` and ``holds`` tell which one counts."""
SPANS = (
    "community_id string, since date, month date, of_year int, first int, until int, number int, taken int, "
    "first_hour timestamp, end_hour timestamp, begun int, generation string, hours string, time_zone string"
)
"""Hours ``first`` to before ``until`` of a local month, from 0 on, share by the version from ``since`` on; ``number``
is the least number that they have in their year, ``taken`` how many numbers they take. Before hour ``begun`` of the
month no version held yet."""


_KEY = ("installation_id", "first", "until", "betas", "generation", "hours", "time_zone")


class Span(NamedTuple):
    """A row of :data:`SPANS`."""

    community_id: str
    since: date
    month: date
    of_year: int
    first: int
    until: int
    number: int
    taken: int
    first_hour: datetime
    end_hour: datetime
    begun: int
    generation: str
    hours: str
    time_zone: str


def held(table: DataFrame) -> DataFrame:
    """The rows of each community's agreement that holds now, also where another is kept while they are read."""
    # As numbers: an instant that Python is given is one of the machine's clock, which may have it twice.
    now = table.select("community_id", F.unix_micros("holds").alias("held")).where("held IS NOT NULL").distinct()
    chosen = table.sparkSession.createDataFrame(now.collect(), "community_id string, held bigint")
    by_number = table.withColumn("held", F.unix_micros("kept_at"))
    return by_number.join(F.broadcast(chosen), ["community_id", "held"]).drop("held", "kept_at", "holds")


def spans(agreements: DataFrame, cut: datetime) -> list[Span]:
    """The months of every community from its first version to the one that holds the ``cut``."""
    versions = agreements.select("community_id", "since", "generation", "hours", "time_zone").distinct().collect()
    ordered = sorted(versions, key=lambda row: (row.community_id, row.since))
    return [
        span
        for _, of_community in groupby(ordered, key=attrgetter("community_id"))
        for span in _of_community(list(of_community), cut)
    ]


def _of_community(versions: list[Any], cut: datetime) -> Iterator[Span]:
    of_zone = zone(versions[0].time_zone)
    month = versions[0].since.replace(day=1)
    while day_start(month, of_zone) < cut:
        for number, version in enumerate(versions):
            later = versions[number + 1].since if number + 1 < len(versions) else date.max
            if version.since < months_later(month) and later > month:
                begun = max(versions[0].since, month)
                yield _span(version, month, begun, (max(version.since, month), min(later, months_later(month))))
        month = months_later(month)


def _span(version: Any, month: date, begun: date, of_days: tuple[date, date]) -> Span:
    of_zone = zone(version.time_zone)
    start, hours = month_hours(month, of_zone)
    first, end, before = ((day_start(day, of_zone) - start) // HOUR for day in (*of_days, begun))
    numbers = month_numbers(month, of_zone, version.hours)[first:end]
    least, taken = int(numbers.min()), int(numbers.max() - numbers.min()) + 1
    return Span(version.community_id, version.since, month, month.year, first, end, least, taken, start,
                start + hours * HOUR, before, version.generation, version.hours, version.time_zone)  # fmt: skip


def betas(agreements: DataFrame, of: DataFrame) -> DataFrame:
    """The betas of each member's hours in the spans ``of``: :data:`SPANS` and installation_id, betas.

    A constant one stands alone. ``key`` names them and the hours they hold in; of a month in which the version does not
    hold throughout it says so, for those were once left without euros.
    """
    whole = F.round((F.unix_timestamp("end_hour") - F.unix_timestamp("first_hour")) / 3600)
    throughout = (F.col("first") == 0) & (F.col("until") == whole)
    is_constant = F.col("year") == ALL_HOURS
    of_span = F.when(is_constant, F.col("betas")).otherwise(F.slice("betas", F.col("number"), F.col("taken")))
    return (
        agreements.select("community_id", "since", "installation_id", "year", "betas")
        .join(F.broadcast(of), ["community_id", "since"])
        .where(is_constant | (F.col("year") == F.col("of_year")))
        .withColumn("betas", of_span)
        .withColumn("key", F.xxhash64(*_KEY, F.when(~throughout, F.lit("part"))))
        .drop("year", "of_year")
    )


def keys(of_months: DataFrame) -> DataFrame:
    """The key of each community's agreement in a month: community_id, month, agreement_key."""
    together = F.sum(F.col("key").cast("decimal(20,0)")).cast("string").alias("agreement_key")
    return of_months.groupBy("community_id", "month").agg(together)
