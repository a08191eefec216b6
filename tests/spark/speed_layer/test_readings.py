"""A validated micro-batch in a Spark session, without a server."""

from __future__ import annotations

from datetime import datetime, timezone

from pyspark.sql import SparkSession

from conf import load_settings
from energy.topics import REPLAYED
from speed_layer.readings_query.query import release
from speed_layer.readings_query.summary import total
from speed_layer.readings_query.validated_batch import validated_messages
from speed_layer.sinks import reading_rows
from tests.support.readings import CATALOGUE, NOON, at, payload, reading

SOURCE = (
    "value binary, partition int, offset bigint, timestamp timestamp, headers array<struct<key: string, value: binary>>"
)
RECEIVED = datetime(2026, 6, 2, tzinfo=timezone.utc)


def test_a_batch_is_validated_once_and_leaves_nothing_in_memory(spark: SparkSession) -> None:
    old = payload(reading(-41 * 86_400))
    values = [payload(reading(0)), b"no json", payload(reading(1)), b"x" * 2_000_000, old, old]
    headers = [*[None] * 5, [(REPLAYED, b"")]]
    rows = [
        (bytearray(value), 0, n, RECEIVED, header)
        for n, (value, header) in enumerate(zip(values, headers, strict=True))
    ]
    batch = spark.createDataFrame(rows, SOURCE)
    validated = validated_messages(batch, CATALOGUE, {}, NOON, load_settings()).localCheckpoint(eager=False)

    summary = total(row.summary for row in validated.where("kind = 'summary'").collect())
    readings = reading_rows(validated, summary.fields).collect()
    refused = validated.where("kind = 'quarantined'").orderBy("kafka_offset").collect()

    assert (summary.received, summary.accepted, summary.quarantined) == (6, 3, 3)
    assert [row.time.replace(tzinfo=timezone.utc) for row in readings] == [at(-41 * 86_400), at(0), at(1)]
    assert [row.payload_bytes for row in refused] == [7, 2_000_000, len(old)]
    assert "too large" in refused[1].reason
    assert "40 days before its arrival" in refused[2].reason
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == 1
    release(validated)
    assert spark.sparkContext._jsc.getPersistentRDDs().isEmpty()
