"""What could not be taken: kept with its reason and its place in the log, never dropped."""

from __future__ import annotations

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from speed_layer.readings_query.validate import Message

PAYLOAD_BYTES = 65_536
"""A quarantined payload is kept up to this length; the whole message stays in its topic."""


class Refusal(NamedTuple):
    """A message that was not taken, as columns of table ``quarantine``."""

    kafka_partition: int
    kafka_offset: int
    received_at: int
    """Microseconds since 1970 UTC."""
    reason: str
    payload: bytes | None
    payload_bytes: int

    @classmethod
    def of(cls, message: Message, reason: str) -> Refusal:
        """The refusal of ``message``."""
        kept = message.payload[:PAYLOAD_BYTES] if message.payload is not None else None
        return cls(message.partition, message.offset, message.received_us, reason, kept, message.size)


def table_rows(judged: DataFrame) -> DataFrame:
    """Rows of table ``quarantine``, by the UTC day of arrival."""
    return judged.where("kind = 'quarantined'").select(
        F.lit("readings").alias("topic"),
        F.to_date("received_at").alias("day"),
        "kafka_partition",
        "kafka_offset",
        "received_at",
        "reason",
        "payload",
        "payload_bytes",
    )


def kafka_rows(table: DataFrame) -> DataFrame:
    """The same rows as messages of topic ``quarantine``; bytes that are no UTF-8 stand as U+FFFD."""
    value = F.to_json(
        F.struct(
            "topic",
            F.col("kafka_partition").alias("partition"),
            F.col("kafka_offset").alias("offset"),
            F.date_format("received_at", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").alias("received_at"),
            "reason",
            F.decode("payload", "UTF-8").alias("payload"),
        )
    )
    key = F.concat_ws("-", "topic", F.col("kafka_partition"), F.col("kafka_offset"))
    return table.select(key.cast("binary").alias("key"), value.cast("binary").alias("value"))
