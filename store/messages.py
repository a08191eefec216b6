"""Messages of Kafka as Spark hands them to Python: bounded in bytes before they leave the JVM."""

from __future__ import annotations

from pyspark.sql import DataFrame

from energy.topics import MAX_PAYLOAD_BYTES, REPLAYED
from store.quarantine import PAYLOAD_BYTES

ARROW_RECORDS = 500
"""Messages of an Arrow batch: of the largest that are opened 32 MB, and Arrow may double that while it writes."""


def bounded(source: DataFrame) -> DataFrame:
    """Rows of the Kafka source: partition, offset, received_us, value, size (bytes), is_replayed.

    ``source`` is read with the option ``includeHeaders``. Of a message that is too large to be taken ``value`` is the
    part that the quarantine keeps.
    """
    # As text: each column object, made in Python, costs a live batch a search of the class path for its class.
    return source.selectExpr(
        "partition",
        "offset",
        "unix_micros(timestamp) AS received_us",
        f"CASE WHEN octet_length(value) > {MAX_PAYLOAD_BYTES} "
        f"THEN substring(value, 1, {PAYLOAD_BYTES}) ELSE value END AS value",
        "CAST(coalesce(octet_length(value), 0) AS BIGINT) AS size",
        f"coalesce(exists(headers, each -> each.key = '{REPLAYED}'), false) AS is_replayed",
    )
