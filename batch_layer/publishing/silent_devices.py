"""Alarms of devices that were silent for whole days before the cut; one is cleared when its device sends again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import DEVICE_DAYS
from batch_layer.incremental.device_days import Span
from batch_layer.runs import Night
from store.history.alarms import SILENT

_DAY = timedelta(days=1)
_FOUND = "array<struct<raised: date, cleared: date>>"


def alarms(night: Night) -> DataFrame:
    """Rows of table ``alarm`` that this run raises or clears.

    ``raised_at`` is the beginning of the first silent day (UTC), ``cleared_at`` that of the day on which the device
    sent again, or the cut where the silence was filled afterwards.
    """
    keys = ["installation_id", "device_id"]
    now = DEVICE_DAYS.read(night).select(*keys, "spans")
    known = DEVICE_DAYS.read_of(night, night.run.published[-1:])
    before = (DEVICE_DAYS.nothing(night) if known is None else known).select(*keys, F.col("spans").alias("before"))
    cut, previous = night.run.cut.date(), _day(night.run.cut_ahead or night.run.previous_cut)
    changes = F.udf(lambda before, spans: list(changed(before or (), previous, spans, cut)), _FOUND)
    last = F.date_format(F.date_sub("raised", 1), "yyyy-MM-dd")
    return (
        now.join(before, keys, "left")
        .select(*keys, F.explode(changes("before", "spans")).alias("alarm"))
        .select(*keys, "alarm.*")
        .select(
            "installation_id",
            F.col("raised").cast("timestamp").alias("raised_at"),
            "device_id",
            F.lit(SILENT).alias("kind"),
            F.format_string("%s was last heard on %s (UTC)", "device_id", last).alias("text"),
            F.col("cleared").cast("timestamp").alias("cleared_at"),
            F.lit(None).cast("map<string, double>").alias("figures"),
        )
    )


def silences(spans: Sequence[Span], cut: date) -> Iterator[tuple[date, date | None]]:
    """First day of each silence of at least a day before ``cut``, and the day that ended it; None: it lasts."""
    for (_, last), (first, _) in pairwise(spans):
        if last + _DAY < min(first, cut):
            yield last + _DAY, first if first < cut else None
    if spans[-1][1] + _DAY < cut:
        yield spans[-1][1] + _DAY, None


def changed(
    before: Sequence[Span], previous: date | None, spans: Sequence[Span], cut: date
) -> Iterator[tuple[date, date | None]]:
    """Silences that began or ended since the run that knew ``before`` and cut at ``previous``."""
    standing = dict(silences(before, previous)) if before and previous else {}
    now = dict(silences(spans, cut))
    yield from (each for each in now.items() if each[0] not in standing or standing[each[0]] != each[1])
    yield from ((raised, cut) for raised, cleared in standing.items() if raised not in now and cleared is None)


def _day(instant: datetime | None) -> date | None:
    return None if instant is None else instant.date()
