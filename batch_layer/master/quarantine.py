"""Where refused messages go: table ``quarantine`` for whoever asks, topic ``quarantine`` for whoever replays."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from conf import Settings

TOPIC = "quarantine"


def write(settings: Settings, topic: str, refused: DataFrame) -> None:
    """Keep refused messages with their reason. The same ones again replace themselves in the table.

    In the topic bytes that are no UTF-8 stand as U+FFFD; the table and the message's own topic hold them as they came.
    """
    (
        refused.select(
            F.lit(topic).alias("topic"),
            F.to_date("received_at").alias("day"),
            "kafka_partition",
            "kafka_offset",
            "received_at",
            "reason",
            "payload",
            "payload_bytes",
        )
        .write.format("org.apache.spark.sql.cassandra")
        .options(table="quarantine", keyspace=settings.cassandra.keyspace)
        .mode("append")
        .save()
    )
    message = F.struct(
        F.lit(topic).alias("topic"),
        F.col("kafka_partition").alias("partition"),
        F.col("kafka_offset").alias("offset"),
        F.date_format("received_at", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").alias("received_at"),
        "reason",
        F.decode("payload", "UTF-8").alias("payload"),
    )
    (
        refused.select(
            F.concat_ws("-", F.lit(topic), "kafka_partition", "kafka_offset").alias("key"),
            F.to_json(message).alias("value"),
        )
        .write.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_servers)
        .option("topic", TOPIC)
        .save()
    )
