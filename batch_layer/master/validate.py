"""Judging a batch of Kafka messages: record or reason, by ``energy.records`` and the catalogue alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType, _parse_datatype_string

from batch_layer.master import dataset
from batch_layer.master.catalogue import Catalogue
from energy.topics import TOPICS, Rejected

PAYLOAD_KEPT_BYTES = 65_536
"""A quarantined payload is kept to this length; its true size stands beside it."""
_JUDGED_ELSE = "reason string, payload binary, payload_bytes bigint"


def judged_schema(topic: str) -> str:
    """The topic's fields, where in Kafka they stood, and what a refused message keeps."""
    fields = ", ".join(f"`{name}` {kind}" for name, kind in TOPICS[topic].columns.items())
    return f"{fields}, {dataset.COORDINATES}, {_JUDGED_ELSE}"


def judge(messages: DataFrame, topic: str, catalogue: Catalogue) -> DataFrame:
    """Each Kafka message as a record, or, where ``reason`` is not null, as refused."""
    schema = judged_schema(topic)
    source = messages.selectExpr("partition", "offset", "timestamp", "value")
    return source.mapInArrow(judging(topic, catalogue, schema), schema)  # type: ignore[arg-type]


def judging(
    topic: str, catalogue: Catalogue, schema: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that judges Arrow batches of (partition, offset, timestamp, value)."""
    spark_schema = _parse_datatype_string(schema)
    if not isinstance(spark_schema, StructType):
        raise TypeError(schema)
    arrow = to_arrow_schema(spark_schema)

    def judge_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [judge_message(topic, catalogue, message) for message in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(rows, schema=arrow)

    return judge_batches


def judge_message(topic: str, catalogue: Catalogue, message: dict[str, Any]) -> dict[str, Any]:
    """One message (partition, offset, timestamp, value) as a row of :func:`judged_schema`."""
    payload, received_at = message["value"], message["timestamp"]
    row = {
        "kafka_partition": message["partition"],
        "kafka_offset": message["offset"],
        "received_at": received_at,
    }
    try:
        record = TOPICS[topic].parse(payload, received_at)
        if TOPICS[topic].is_catalogued:
            catalogue.check(record)
    except Rejected as refusal:
        kept = payload[:PAYLOAD_KEPT_BYTES] if payload is not None else None
        return {**row, "reason": str(refusal), "payload": kept, "payload_bytes": len(payload or b"")}
    return {**row, **record}
