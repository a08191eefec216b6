"""Rows leave the files they stand in, and no other row does, however often it is done and wherever it is killed."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset
from batch_layer.removal import rewrite
from batch_layer.removal.rewrite import remove_rows
from conf import Settings, load_settings
from store import hdfs

DAYS = [date(2026, 3, day) for day in (8, 9, 10)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(home=tmp_path / "home")
    return found.model_copy(update={"hdfs": found.hdfs.model_copy(update={"uri": "file://", "root": str(tmp_path)})})


def removed() -> Column:
    return F.col("installation_id") == "removed"


def archived(spark: SparkSession, settings: Settings) -> None:
    """Two batches: the first of two homes on two days, the second of one home alone on the third."""
    for batch, homes, days in ((0, ("kept", "removed"), DAYS[:2]), (1, ("removed",), DAYS[2:])):
        rows: list[Any] = [
            {"installation_id": home, "device_id": "i", "device_kind": "inverter", "source": "test",
             "time": datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc), "energy_total_wh": 1.0 * hour,
             "kafka_partition": 0, "kafka_offset": hour, "event_day": day}
            for home in homes for day in days for hour in range(24)
        ]  # fmt: skip
        messages = spark.createDataFrame(rows, dataset.schema("readings").rpartition(",")[0])
        dataset.append(spark, settings, "readings", batch, messages)


def stored(spark: SparkSession, settings: Settings) -> dict[tuple[str, date], int]:
    batches = dataset.batches_after(spark, settings, "readings", -1)
    rows = dataset.read_batches(spark, settings, "readings", batches)
    return {(row.installation_id, row.event_day): row["count"] for row in rows.groupBy("installation_id", "event_day").count().collect()}  # fmt: skip  # noqa: E501


def test_one_home_leaves_the_master_and_the_others_stay(spark: SparkSession, settings: Settings) -> None:
    archived(spark, settings)
    folder = settings.hdfs_path("master", "readings")

    assert remove_rows(spark, settings, removed(), folder) == 72
    assert stored(spark, settings) == {("kept", day): 24 for day in DAYS[:2]}
    assert remove_rows(spark, settings, removed(), folder) == 0
    assert not hdfs.exists(spark, settings.hdfs_path(rewrite.ASIDE))


@pytest.mark.parametrize("kept_old", [0, 1, 2])
def test_killed_between_two_files_it_is_done_again(
    spark: SparkSession, settings: Settings, kept_old: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(spark, settings)
    folder, left = settings.hdfs_path("master", "readings"), kept_old
    delete = hdfs.delete

    def killed(spark: SparkSession, uri: str) -> None:
        nonlocal left
        if "/part-" in uri:
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
        delete(spark, uri)

    with monkeypatch.context() as patch:
        patch.setattr(hdfs, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_rows(spark, settings, removed(), folder)
    remove_rows(spark, settings, removed(), folder)

    assert stored(spark, settings) == {("kept", day): 24 for day in DAYS[:2]}


def test_an_empty_place_has_nothing_to_lose(spark: SparkSession, settings: Settings) -> None:
    assert remove_rows(spark, settings, removed(), settings.hdfs_path("energy")) == 0
