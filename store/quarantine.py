"""A refused message is kept with its reason and its place in the log: in a table to ask, in a topic to replay."""

from __future__ import annotations

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from energy.topics import Rejected

TABLE = "quarantine"
PAYLOAD_BYTES = 8_192
"""A quarantined payload is kept up to this length; its true size and its place in the log stand beside it."""


class Refused(NamedTuple):
    """The reason of a refusal and the kept part of its message, as columns of table ``quarantine``."""

    reason: str
    code: str
    """The reason as :data:`energy.topics.Reason`."""
    refused_id: str | None
    """The installation that the reason is about."""
    payload: bytes | None
    payload_bytes: int

    @classmethod
    def of(cls, rejected: Rejected, payload: bytes | None, size: int) -> Refused:
        """The refusal of a message of ``size`` bytes that begins with ``payload``."""
        kept = payload[:PAYLOAD_BYTES] if payload is not None else None
        return cls(str(rejected), rejected.code, rejected.installation_id, kept, size)


REFUSED_COLUMNS = {
    "reason": "string",
    "code": "string",
    "refused_id": "string",
    "payload": "binary",
    "payload_bytes": "bigint",
}
"""Spark SQL type of each field of :class:`Refused`."""


def table_rows(refused: DataFrame, topic: str) -> DataFrame:
    """Rows of table ``quarantine``, by the UTC day of arrival; the same message again replaces itself."""
    return refused.select(
        F.lit(topic).alias("topic"),
        F.to_date("received_at").alias("day"),
        "kafka_partition",
        "kafka_offset",
        "received_at",
        *REFUSED_COLUMNS,
    )


def messages(table: DataFrame) -> DataFrame:
    """The same rows as messages (key, value) of topic ``quarantine``.

    Bytes that are no UTF-8 stand as U+FFFD; the table and the message's own topic hold them as they came.
    """
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
