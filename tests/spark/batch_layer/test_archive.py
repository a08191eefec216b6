from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from batch_layer.archive import new_messages
from batch_layer.master import dataset
from batch_layer.master.validate import validate, validated_row
from conf import Settings
from energy.energy_row import to_us
from energy.limits import Limits
from store.catalogue import Catalogue
from store.quarantine import PAYLOAD_BYTES

RECEIVED = datetime(2026, 3, 9, 12, 0, tzinfo=timezone.utc)
HOMES = Catalogue(frozenset({"a", "b"}), {"a-meter": frozenset({"a"})}, limits={"a": Limits(5.0)})


def interval(start: str = "2026-03-08T10:00:00Z", **changed: Any) -> bytes:
    record = {
        "installation_id": "a",
        "meter_id": "a-meter",
        "start": start,
        "end": start.replace("10:00", "11:00"),
        "import_wh": 120.5,
        "method": "measured",
        "source": "datadis",
        "known_at": "2026-03-09T00:00:00Z",
    }
    return json.dumps(record | changed).encode()


KAFKA = (
    "partition int, offset bigint, timestamp timestamp, value binary, headers array<struct<key: string, value: binary>>"
)


def messages(spark: SparkSession, *payloads: bytes | None, offset: int = 0) -> DataFrame:
    rows = [(0, offset + n, RECEIVED, payload, None) for n, payload in enumerate(payloads)]
    return spark.createDataFrame(rows, KAFKA)


def archived(spark: SparkSession, settings: Settings, batch: int, *payloads: bytes, offset: int = 0) -> int:
    validated = validate(messages(spark, *payloads, offset=offset), "intervals", HOMES).where("reason IS NULL")
    fresh = new_messages(settings, "intervals", validated, batch)
    count = fresh.count()
    dataset.append(spark, settings, "intervals", batch, fresh)
    return count


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (None, "empty message"),
        (b"\xff\xfe{}", "not JSON"),
        (interval(installation_id="nobody"), "unknown installation nobody"),
        (interval(installation_id="b"), "device a-meter is registered to a"),
        (interval(import_wh="12"), "import_wh"),
        (interval(start="1970-01-01T10:00:00Z"), "before the year 2000"),
        (b'{"a":' * 2000, "not JSON"),
    ],
)
def test_a_hostile_message_is_refused_with_its_reason(payload: bytes | None, reason: str) -> None:
    row = validated_row(
        "intervals",
        HOMES,
        {
            "partition": 1,
            "offset": 7,
            "received_us": to_us(RECEIVED),
            "value": payload,
            "size": len(payload or b""),
            "is_replayed": False,
            "writer": None,
            "signature": None,
        },
    )
    assert reason in row["reason"]
    assert (row["kafka_partition"], row["kafka_offset"]) == (1, 7)
    assert row["payload"] == (payload and payload[:PAYLOAD_BYTES])
    assert row["payload_bytes"] == len(payload or b"")


def test_a_huge_payload_is_kept_in_part_with_its_true_size() -> None:
    row = validated_row(
        "readings",
        HOMES,
        {
            "partition": 0,
            "offset": 0,
            "received_us": to_us(RECEIVED),
            "value": b"x" * 9_000,
            "size": 2_000_000,
            "is_replayed": False,
            "writer": None,
            "signature": None,
        },
    )
    assert len(row["payload"]) == PAYLOAD_BYTES
    assert row["payload_bytes"] == 2_000_000


def test_validated_messages_keep_values_and_times(spark: SparkSession) -> None:
    good, bad = validate(messages(spark, interval(), b"?"), "intervals", HOMES).collect()
    assert (good.installation_id, good.import_wh, good.export_wh, good.reason) == ("a", 120.5, None, None)
    assert bad.reason.startswith("not JSON")
    assert bad.kafka_offset == 1


def test_repeats_are_dropped_and_new_beliefs_kept(spark: SparkSession, settings: Settings) -> None:
    assert archived(spark, settings, 0, interval(), interval()) == 1
    assert archived(spark, settings, 1, interval(), interval(known_at="2026-03-09T06:00:00Z"), offset=2) == 1
    assert dataset.read(spark, settings, "intervals", [date(2026, 3, 8)]).count() == 2


def test_a_batch_done_again_replaces_itself(spark: SparkSession, settings: Settings) -> None:
    for _ in range(2):
        assert archived(spark, settings, 0, interval(), interval("2026-03-07T10:00:00Z")) == 2
    assert dataset.days(spark, settings, "intervals") == [date(2026, 3, 7), date(2026, 3, 8)]
    assert dataset.read(spark, settings, "intervals", dataset.days(spark, settings, "intervals")).count() == 2


def test_what_is_new_is_found_by_its_batch(spark: SparkSession, settings: Settings) -> None:
    archived(spark, settings, 0, interval())
    archived(spark, settings, 1, interval("2026-02-01T10:00:00Z"), offset=1)
    new = dataset.batches_after(spark, settings, "intervals", 0)
    assert new == {1: [date(2026, 2, 1)]}
    assert dataset.read_batches(spark, settings, "intervals", new).count() == 1
