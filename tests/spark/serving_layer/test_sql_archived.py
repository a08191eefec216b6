"""Archived messages in SQL: as they came, and readings as the nights take them, of batches that a run has worked in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.master import dataset
from conf import Settings, load_settings
from energy.conflict import merge
from energy.topics import TOPICS
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.state import BatchSide
from store.runs import Run, published
from tests.support.sql.world import no_speed, run_of

NOON = datetime(2026, 3, 8, 12, tzinfo=timezone.utc)
READINGS = [Run(*run_of(NOON)[:6], {"readings": 1})]
NUMBERS = (None, 0.0, -0.0, 1.5, -1.5, 2.25, -2.25, 1e9, -1e-9, 5.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = load_settings(home=tmp_path / "home")
    return plain.model_copy(update={"hdfs": plain.hdfs.model_copy(update={"uri": f"file://{tmp_path}/hdfs"})})


def reading(random: Random, n: int) -> dict[str, Any]:
    return {
        "installation_id": random.choice("ab"),
        "device_id": random.choice("xy"),
        "time": NOON + timedelta(days=random.randrange(2), minutes=random.randrange(3)),
        "device_kind": random.choice(("meter", "inverter")),
        "source": random.choice((None, "one", "ñ", "z")),
        "ac_power_w": random.choice(NUMBERS),
        "energy_total_wh": random.choice(NUMBERS),
        "status_code": random.choice((None, 0, 7, 2**62)),
        "kafka_partition": 0,
        "kafka_offset": n,
        "received_at": NOON + timedelta(hours=1, seconds=n),
    }


def known(runs: list[Run]) -> Known:
    return Known(published(runs), frozenset("ab"), NOON.date())


def archive(spark: SparkSession, settings: Settings, topic: str, batch: int, rows: list[dict[str, Any]]) -> None:
    time = TOPICS[topic].event_time
    names = dataset.schema(topic).removesuffix(", archive bigint")
    held = [row | {"event_day": row[time].date()} for row in rows]
    columns = [each.strip().split()[0].strip("`") for each in names.split(", ")]
    values = [tuple(row.get(column) for column in columns) for row in held]
    dataset.append(spark, settings, topic, batch, spark.createDataFrame(values, names))


def clean(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """What the batch layer makes of them, each field as text, for −0.0 is 0.0 to Python."""
    by_key: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        fields = {name: value for name, value in row.items() if name in TOPICS["readings"].columns}
        key = tuple(row[name] for name in TOPICS["readings"].key)
        by_key[key] = merge(by_key[key], fields)
    names = [name for name in TOPICS["readings"].columns if name != "time"]
    return {(row["time"], *(text(row.get(name)) for name in names)) for row in by_key.values()}


def text(value: Any) -> str:
    return repr(value)


@pytest.mark.parametrize("seed", range(4))
def test_clean_readings_are_merged_as_the_nights_merge_them(spark: SparkSession, settings: Settings, seed: int) -> None:
    random = Random(seed)
    batches = [[reading(random, 100 * batch + n) for n in range(40)] for batch in range(3)]
    for number, rows in enumerate(batches):
        archive(spark, settings, "readings", number, rows)
    BatchSide(spark, settings, lambda: known(READINGS), speed=no_speed(spark)).renew()
    worked_in = [*batches[0], *batches[1]]

    names = [name for name in TOPICS["readings"].columns if name != "time"]
    found = spark.sql("SELECT * FROM solera.reading_clean").collect()
    assert {(r.time.astimezone(timezone.utc), *(text(r[name]) for name in names)) for r in found} == clean(worked_in)
    as_archived = spark.sql("SELECT received_at FROM solera.reading_archived").collect()
    assert sorted(row.received_at.astimezone(timezone.utc) for row in as_archived) == sorted(
        row["received_at"] for row in worked_in
    )


def test_weather_is_shown_once_its_batch_is_complete(spark: SparkSession, settings: Settings) -> None:
    row = {"location_id": "28079", "issued_at": NOON, "time": NOON, "provider": "aemet", "kind": "forecast"}
    for batch in range(2):
        archive(spark, settings, "weather", batch, [row | {"temperature_c": 10.0 + batch}])
    unfinished = Path(settings.hdfs_path("master", "weather", "_batches", "1.json").removeprefix("file:"))
    unfinished.unlink()
    side = BatchSide(spark, settings, lambda: known([]), speed=no_speed(spark))
    side.renew()
    asked = "SELECT location_id, temperature_c, day FROM solera.weather"
    assert [tuple(each) for each in spark.sql(asked).collect()] == [("28079", 10.0, date(2026, 3, 8))]
