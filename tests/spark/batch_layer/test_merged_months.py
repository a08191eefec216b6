"""Merged months state what the changes of the runs did, wherever the merging is killed; a night makes few anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.master import compact
from batch_layer.quarters import energy_view, merged_months
from batch_layer.quarters.merged_months import DUE, Merged, merge
from conf import Settings
from energy.calendar import dates
from store import hdfs
from store.history import energy_files
from store.runs import Run
from tests.support.sql.world import changes, keep, run_of

FIRST = date(2026, 1, 20)
CUT = datetime(2026, 3, 10, tzinfo=timezone.utc)
MONTHS = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]


def night(spark: SparkSession, settings: Settings, cut: datetime, days: Sequence[date]) -> Run:
    run = run_of(cut)
    keep(spark, settings, changes(Random(run.run_id), run, days))
    return run


def newest(spark: SparkSession, settings: Settings, runs: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """The rows that nobody has replaced, as a reader finds them in merged months and what is not merged yet."""
    found = energy_files.stored(spark, settings, runs)
    places = [energy_files.merged_place(settings, *of) for of in found.merged.items()]
    merged = spark.read.schema(energy_files.MERGED_COLUMNS).parquet(*places).where("replaced_by IS NULL")
    later = energy_view.read_rows(spark, settings, [day for day, _ in found.changes], [run for _, run in found.changes])
    columns = (*energy_view.KEY, "run_id", "energy_wh")
    later = later.join(
        spark.createDataFrame(list(found.changes) or [(FIRST, "")], "event_day date, run_id string"),
        ["event_day", "run_id"],
        "left_semi",
    )
    rows = energy_view.newest(merged.select(*columns).unionByName(later.select(*columns)))
    return Counter(map(tuple, rows.select(*columns).collect()))


def stated(spark: SparkSession, settings: Settings, runs: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """The newest row of each period, as the nights find it."""
    days = energy_view.days(spark, settings)
    rows = energy_view.newest(energy_view.read_rows(spark, settings, days, runs))
    return Counter(map(tuple, rows.select(*energy_view.KEY, "run_id", "energy_wh").collect()))


@pytest.fixture
def runs(spark: SparkSession, settings: Settings) -> list[str]:
    """Two published nights: one of seven weeks, and one that has changed a few of their days and added two."""
    first = night(spark, settings, CUT, dates(FIRST, date(2026, 3, 9)))
    late = [FIRST, date(2026, 2, 7), date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)]
    second = night(spark, settings, CUT + timedelta(days=2), late)
    night(spark, settings, CUT + timedelta(days=3), late)  # is not published
    return [first.run_id, second.run_id]


def test_months_are_merged_once_and_again_when_enough_has_changed(
    spark: SparkSession, settings: Settings, runs: list[str]
) -> None:
    assert merge(spark, settings, runs[:1]) == Merged(49, 3)
    assert newest(spark, settings, runs[:1]) == stated(spark, settings, runs[:1])
    assert newest(spark, settings, runs) == stated(spark, settings, runs)
    assert merge(spark, settings, runs) == Merged(4, 1)  # of March; a day of January and one of February wait
    assert newest(spark, settings, runs) == stated(spark, settings, runs)
    assert merge(spark, settings, runs) == Merged(0, 0)
    found = energy_files.stored(spark, settings, runs)
    assert found.merged == dict(zip(MONTHS, [runs[0], runs[0], runs[1]], strict=True))
    assert len(found.changes) < 2 * DUE


def test_a_row_names_the_run_that_replaced_it(spark: SparkSession, settings: Settings, runs: list[str]) -> None:
    merge(spark, settings, runs)
    place = energy_files.merged_place(settings, MONTHS[-1], runs[1])
    rows = spark.read.schema(energy_files.MERGED_COLUMNS).parquet(place).collect()
    stating = Counter((row.installation_id, row.quantity, row.start) for row in rows)
    replaced = [row for row in rows if row.replaced_by is not None]
    assert replaced
    assert all(row.run_id == runs[0] and row.replaced_by == runs[1] for row in replaced)
    assert {(row.installation_id, row.quantity, row.start) for row in replaced} == {
        key for key, count in stating.items() if count > 1
    }


@pytest.mark.parametrize("broken", ["move", "size"])
def test_killed_at_any_point_readers_find_the_same(
    spark: SparkSession, settings: Settings, runs: list[str], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hdfs, broken, killed)
        with pytest.raises(KeyboardInterrupt):
            merge(spark, settings, runs)
    if broken == "size":
        assert newest(spark, settings, runs) == stated(spark, settings, runs)
    # Whoever takes the night's lock next begins so: what names homes lies nowhere that nobody looks.
    compact.finish(spark, settings)
    assert not hdfs.exists(spark, settings.hdfs_path(compact.ASIDE))
    merge(spark, settings, runs)
    assert newest(spark, settings, runs) == stated(spark, settings, runs)


def test_a_night_merges_no_more_than_its_share(
    spark: SparkSession, settings: Settings, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_months, "BYTES_A_NIGHT", 1)
    assert [merge(spark, settings, runs).into for _ in range(4)] == [1, 1, 1, 0]
    assert newest(spark, settings, runs) == stated(spark, settings, runs)


def test_a_month_that_lost_rows_is_not_shown(
    spark: SparkSession, settings: Settings, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_months, "_with_replaced", lambda rows, _: rows.limit(3))
    with pytest.raises(compact.NotMerged, match="holds 3 of the"):
        merge(spark, settings, runs)
    assert energy_files.stored(spark, settings, runs).merged == {}


def test_the_month_merged_before_stays_for_its_readers(
    spark: SparkSession, settings: Settings, runs: list[str]
) -> None:
    known = list(runs)
    merge(spark, settings, known)
    for n in range(3):
        later = night(spark, settings, CUT + timedelta(days=4 + n), dates(date(2026, 3, 2), date(2026, 3, 8)))
        known.append(later.run_id)
        merge(spark, settings, known)
    month = energy_files.merged_place(settings, MONTHS[-1], "").rpartition("/")[0]
    assert hdfs.names(spark, month) == [f"through={run_id}" for run_id in known[-2:]]
