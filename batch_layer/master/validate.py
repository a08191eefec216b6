"""Validates a batch of Kafka messages: record or reason, by ``energy.topics`` and the catalogue alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType, _parse_datatype_string

from conf.writers import Signed
from energy.energy_row import from_us
from energy.topics import TOPICS, Rejected, check_size
from store.catalogue import Catalogue
from store.history.archived_files import COORDINATES
from store.messages import bounded
from store.quarantine import REFUSED_COLUMNS, Refused


def validated_schema(topic: str) -> str:
    """The topic's fields, where in Kafka they stood, and what a refused message keeps."""
    fields = ", ".join(f"`{name}` {kind}" for name, kind in TOPICS[topic].columns.items())
    refused = ", ".join(f"{name} {kind}" for name, kind in REFUSED_COLUMNS.items())
    return f"{fields}, {COORDINATES}, {refused}"


def validate(messages: DataFrame, topic: str, catalogue: Catalogue) -> DataFrame:
    """Each Kafka message as a record, or, where ``reason`` is not null, as refused."""
    schema = validated_schema(topic)
    return bounded(messages).mapInArrow(validating(topic, catalogue, schema), schema)  # type: ignore[arg-type]


def validating(
    topic: str, catalogue: Catalogue, schema: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that validates Arrow batches of bounded messages."""
    spark_schema = _parse_datatype_string(schema)
    if not isinstance(spark_schema, StructType):
        raise TypeError(schema)
    arrow = to_arrow_schema(spark_schema)

    def validate_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [validated_row(topic, catalogue, message) for message in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(rows, schema=arrow)

    return validate_batches


def validated_row(topic: str, catalogue: Catalogue, message: dict[str, Any]) -> dict[str, Any]:
    """One bounded message as a row of :func:`validated_schema`."""
    payload, received_at = message["value"], from_us(message["received_us"])
    row = {
        "kafka_partition": message["partition"],
        "kafka_offset": message["offset"],
        "received_at": received_at,
    }
    try:
        check_size(message["size"])
        record = TOPICS[topic].parse(payload, received_at, message["is_replayed"])
        if TOPICS[topic].is_catalogued:
            catalogue.check(record, Signed(topic, payload, message["writer"], message["signature"]))
            catalogue.check_retractions(record, received_at)
    except Rejected as rejected:
        return {**row, **Refused.of(rejected, payload, message["size"])._asdict()}
    return {**row, **record}
