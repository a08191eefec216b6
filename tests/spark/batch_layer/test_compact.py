"""Merged files hold the rows of the old ones, wherever the merging is killed, and no later night misses a row."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import compact, dataset
from batch_layer.master.compact import Merged, finish
from batch_layer.removal.rewrite import remove_rows
from conf import Settings
from store import hdfs

CUT = date(2026, 3, 20)
CLOSED = [date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10)]
RECENT = date(2026, 3, 14)
BATCHES = 4
MARKS = {"readings": 2, "intervals": -1, "prices": -1}
"""The last batch has not been worked in yet."""
Rows = Counter[tuple[Any, ...]]


def messages(batch: int, days: list[date]) -> list[tuple[Any, ...]]:
    """Two readings a day; the second repeats the instant of every other batch's with another value."""
    return [
        ("a", "i", "inverter", at, 10.0 * batch + hour, 0, 100 * batch + hour, at, day)
        for day in days
        for hour in (1, 2)
        for at in [datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc)]
    ]


@pytest.fixture
def archived(spark: SparkSession, settings: Settings) -> Rows:
    """Four batches of three closed days and a recent one; the first brought no more than two days. All rows."""
    columns = (
        "installation_id string, device_id string, device_kind string, time timestamp, energy_total_wh double, "
        "kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date"
    )
    for batch in range(BATCHES):
        days = CLOSED[:2] if batch == 0 else [*CLOSED, RECENT]
        dataset.append(spark, settings, "readings", batch, spark.createDataFrame(messages(batch, days), columns))
    return every(spark, settings)


def of(rows: Any) -> Rows:
    return Counter((r.time, r.energy_total_wh, r.kafka_offset, r.event_day) for r in rows.collect())


def every(spark: SparkSession, settings: Settings) -> Rows:
    """All rows as the nights read them: by day, and by batch where the days of devices are found anew."""
    by_day = of(dataset.read(spark, settings, "readings", dataset.days(spark, settings, "readings")))
    batches = dataset.batches_after(spark, settings, "readings", -1)
    assert of(dataset.read_batches(spark, settings, "readings", batches)) == by_day
    return by_day


def files(spark: SparkSession, settings: Settings) -> int:
    pattern = settings.hdfs_path("master", "readings", "event_day=*", "archive=*", "*.parquet")
    return len(hdfs.matching(spark, pattern))


def merge(spark: SparkSession, settings: Settings) -> Merged:
    return compact.compact(spark, settings, CUT, MARKS)


def test_closed_days_are_one_file_for_all_batches_that_were_worked_in(
    spark: SparkSession, settings: Settings, archived: Rows
) -> None:
    assert files(spark, settings) == 2 + 3 * 4
    new = of(dataset.read_batches(spark, settings, "readings", {3: [*CLOSED, RECENT]}))
    assert merge(spark, settings) == Merged(files=3 + 3 + 2, into=3)
    assert files(spark, settings) == 3 * 2 + 3
    assert every(spark, settings) == archived
    # What no night has worked in yet is still found by itself.
    assert of(dataset.read_batches(spark, settings, "readings", {3: [*CLOSED, RECENT]})) == new
    assert merge(spark, settings) == Merged(0, 0)
    assert not hdfs.exists(spark, settings.hdfs_path(compact.ASIDE, "readings.2026-03-08"))


def test_what_comes_later_is_merged_with_what_is_there(spark: SparkSession, settings: Settings, archived: Rows) -> None:
    merge(spark, settings)
    assert compact.compact(spark, settings, CUT + timedelta(days=30), {"readings": 3}) == Merged(3 * 2 + 3, 4)
    assert files(spark, settings) == 4
    assert every(spark, settings) == archived


def test_a_topic_without_a_mark_keeps_its_last_batch(spark: SparkSession, settings: Settings, archived: Rows) -> None:
    assert compact.compact(spark, settings, CUT, {}) == Merged(8, 3)
    assert every(spark, settings) == archived


def test_rows_are_removed_from_merged_files_as_from_others(
    spark: SparkSession, settings: Settings, archived: Rows
) -> None:
    merge(spark, settings)
    gone = F.col("energy_total_wh") == 11.0
    assert remove_rows(spark, settings, gone, settings.hdfs_path("master", "readings")) == 4
    assert every(spark, settings) == Counter({row: n for row, n in archived.items() if row[1] != 11.0})


class Killed(BaseException):
    """As kill -9 would end the process."""


@pytest.mark.parametrize("before", [False, True])
def test_killed_at_any_step_no_row_is_lost_or_doubled(
    spark: SparkSession,
    settings: Settings,
    archived: Rows,
    before: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed before or after each change of the file system in turn, then begun again as the next night does."""
    master, kept = tmp_path / "hdfs" / "solera" / "master", tmp_path / "kept"
    shutil.copytree(master, kept)
    monkeypatch.setattr(compact, "DAYS_A_NIGHT", 1)
    for at in range(1, 20):
        shutil.rmtree(master)
        shutil.copytree(kept, master)
        left = at

        def dying(name: str) -> Any:
            real = getattr(hdfs, name)

            def change(*given: Any) -> Any:
                nonlocal left
                left -= 1
                if before and left == 0:
                    raise Killed
                answer = real(*given)
                if left == 0:
                    raise Killed
                return answer

            return change

        with monkeypatch.context() as patch, suppress(Killed):
            for name in ("delete", "move", "write_text"):
                patch.setattr(hdfs, name, dying(name))
            merge(spark, settings)
        finish(spark, settings)
        assert every(spark, settings) == archived
        assert not hdfs.exists(spark, settings.hdfs_path(compact.ASIDE))
        if left > 0:
            break
    # The mark, three old folders, the new one, the mark again.
    assert at == 7


def test_killed_while_it_ends_a_killed_one(
    spark: SparkSession, settings: Settings, archived: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(hdfs, "move", kill)
        for attempt in (merge, finish):
            with pytest.raises(Killed):
                attempt(spark, settings)
    finish(spark, settings)
    assert every(spark, settings) == archived


def test_a_file_that_lacks_a_row_takes_nobodys_place(
    spark: SparkSession, settings: Settings, archived: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = dataset.read_batches, 0

    def cut_short(*given: Any) -> DataFrame:
        nonlocal reads
        reads += 1
        rows = read(*given)
        return rows.limit(1) if reads == 1 else rows

    with monkeypatch.context() as patch:
        patch.setattr(dataset, "read_batches", cut_short)
        with pytest.raises(compact.NotMerged, match=r"1 of 6 rows .* stay unmerged"):
            merge(spark, settings)
    finish(spark, settings)
    assert every(spark, settings) == archived
