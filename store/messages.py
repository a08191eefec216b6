"""Messages of Kafka as Spark hands them to Python: bounded in bytes before they leave the JVM."""

from __future__ import annotations

from pyspark.sql import DataFrame

from conf.writers import SIGNATURE, WRITER
from energy.topics import MAX_PAYLOAD_BYTES, REPLAYED
from store.quarantine import PAYLOAD_BYTES

ARROW_RECORDS = 500
"""Messages of an Arrow batch: of the largest that are opened 32 MB, and Arrow may double that while it writes."""
HEADER_BYTES = 64
"""Bytes kept of a header that names or signs the writer: names are shorter, a signature has 32."""


def bounded(source: DataFrame) -> DataFrame:
    """Rows of the Kafka source: partition, offset, received_us, value, size (bytes), is_replayed, writer, signature.

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
        *(f"substring({_header(key)}, 1, {HEADER_BYTES}) AS {name}" for name, key in _SIGNED_BY.items()),
    )


_SIGNED_BY = {"writer": WRITER, "signature": SIGNATURE}


def _header(key: str) -> str:
    """The value of the first header of that name, in SQL; null where there is none."""
    return f"get(filter(headers, each -> each.key = '{key}'), 0).value"
