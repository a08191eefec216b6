"""A community whose agreement lacks the file of the year that runs has an alarm until one is kept."""

from __future__ import annotations

from datetime import date, datetime, timezone

from pyspark.sql import SparkSession

from batch_layer.artifacts import LACKING_FILES
from batch_layer.runs import Night, Run
from batch_layer.settling import agreements, files
from conf import Settings
from energy.calendar import MADRID
from energy.money.community.agreement import ONE, Version, agreement
from energy.money.community.hours import hours_of
from ingest.catalogue.agreement import rows
from store.history.alarms import NO_FILE

CUTS = [
    datetime(2026, 12, 31, 22, 59, tzinfo=timezone.utc),
    datetime(2026, 12, 31, 23, tzinfo=timezone.utc),
    datetime(2027, 1, 5, tzinfo=timezone.utc),
    datetime(2027, 1, 6, tzinfo=timezone.utc),
    datetime(2027, 1, 7, tzinfo=timezone.utc),
]
"""The second is the first instant of 2027 in Madrid; on the sixth of January the file is kept."""


def of_years(*years: int) -> Version:
    return Version(date(2026, 1, 1), {}, {year: {"a": [ONE] * hours_of(year)} for year in years})


def test_an_alarm_stands_until_the_file_is_kept(spark: SparkSession, settings: Settings) -> None:
    """valle shares by the hour, monte too but from March 2027 on alone, roble by constant coefficients."""
    other = {
        "monte": [Version(date(2026, 1, 1), {"b": ONE}), Version(date(2027, 3, 1), {}, {2027: {"b": [ONE] * 8760}})],
        "roble": [Version(date(2026, 1, 1), {"c": ONE})],
    }
    told, run_ids = [], [f"2027010{n}T000500Z" for n in range(len(CUTS))]
    for n, (run_id, cut) in enumerate(zip(run_ids, CUTS, strict=True)):
        night = Night(spark, settings, Run(run_id, cut, cut, tuple(run_ids[:n]), cut))
        kept = {"valle": [of_years(2026) if n < 3 else of_years(2026, 2027)], **other}
        agreed = [row for name, of in kept.items() for row in rows(name, "roof", agreement(of, MADRID, "consecutive"))]
        LACKING_FILES.write(night, files.alarms(night, spark.createDataFrame(agreed, agreements.TABLE)))
        told.append([
            (row.installation_id, row.kind, row.figures, row.raised, row.cleared)
            for row in LACKING_FILES.read(night)
            .selectExpr("*", "unix_seconds(raised_at) AS raised", "unix_seconds(cleared_at) AS cleared").collect()
        ])  # fmt: skip
    at = [int(cut.timestamp()) for cut in CUTS]
    alarm = ("valle", NO_FILE, {"year": 2027.0}, at[1])
    assert told == [[], [(*alarm, None)], [(*alarm, None)], [(*alarm, at[3])], []]
