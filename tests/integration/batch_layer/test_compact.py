"""Merged files of the master on HDFS: the nights go on from them as from those that each batch had left."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.master import compact, dataset
from batch_layer.nightly import nightly
from batch_layer.runs import alone
from conf import Settings
from store import hdfs
from tests.support import batch_world as world

STEPS = ("archive", "clean", "totals", "publish")
HOME = "compact-a"
FIRST = datetime(2026, 2, 20, tzinfo=timezone.utc)
STEP = timedelta(minutes=15)
QUARTER_WH = 225.0
"""What 900 W are in a quarter-hour: the plain sum."""


def rows(spark: SparkSession, settings: Settings) -> Counter[tuple[Any, ...]]:
    days = dataset.days(spark, settings, "readings")
    found = dataset.read(spark, settings, "readings", days).drop("archive").collect()
    batches = dataset.batches_after(spark, settings, "readings", -1)
    assert dataset.read_batches(spark, settings, "readings", batches).count() == len(found)
    return Counter(map(tuple, found))


def files(spark: SparkSession, settings: Settings, day: date) -> int:
    return len(hdfs.matching(spark, f"{dataset.day_folder(settings, 'readings', day)}/archive=*/*.parquet"))


def night(spark: SparkSession, settings: Settings, day: date) -> list[str]:
    said: list[str] = []
    nightly(spark, settings, day, report=said.append, steps=STEPS)
    return [each.partition(" (")[0] for each in said if each.startswith("master:")]


def test_nights_go_on_from_merged_files(
    own_stack: Settings, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.register(own_stack, HOME)
    ramp = list(world.ramp(HOME, FIRST, 3 * 96 + 1, STEP, 900.0))
    late = ramp[40:44]
    sent = [each for each in ramp if each not in late]
    # Two nights bring parts of the first two days, the third all that was late of them but an hour.
    for part, day in ((sent[:50], 22), (sent[50:120:2], 23), (sent[51:120:2] + sent[120:], 24)):
        world.send(own_stack, "readings", part)
        assert night(spark, own_stack, date(2026, 2, day)) == []
    days = [date(2026, 2, 20), date(2026, 2, 21)]
    assert [files(spark, own_stack, day) for day in days] == [3, 2]
    before = rows(spark, own_stack)

    # Killed when the old files of the first day are gone and the new one is not there yet.
    class Killed(BaseException):
        pass

    def kill(*_: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(hdfs, "move", kill)
        with pytest.raises(Killed):
            compact.compact(spark, own_stack, world.CUT.date(), {"readings": 2})
    assert files(spark, own_stack, days[0]) == 0
    with alone(spark, own_stack):
        assert rows(spark, own_stack) == before
        assert [files(spark, own_stack, day) for day in days] == [1, 2]

    world.send(own_stack, "readings", late)
    assert night(spark, own_stack, world.CUT.date()) == ["master: 4 files merged into 2"]
    assert [files(spark, own_stack, day) for day in days] == [1, 1]
    assert sum(rows(spark, own_stack).values()) == len(ramp)
    plain = {FIRST + n * STEP: QUARTER_WH for n in range(3 * 96)}
    energy = world.published(own_stack, HOME)
    assert {start: wh for (q, start), wh in energy.items() if q == "generation"} == plain
    assert night(spark, own_stack, world.CUT.date()) == []
