"""Messages of Kafka: who signed one, and as Spark hands them to Python, bounded in bytes before they leave the JVM."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from pyspark.sql import DataFrame

from energy.topics import MAX_PAYLOAD_BYTES, REPLAYED
from store.quarantine import PAYLOAD_BYTES

ARROW_RECORDS = 500
"""Messages of an Arrow batch: of the largest that are opened 32 MB, and Arrow may double that while it writes."""

WRITER, SIGNATURE = "solera-writer", "solera-signature"
"""Headers of a message that is signed."""
HEADER_BYTES = 64
"""What is kept of either: names are shorter, a signature has 32."""


def signature(secret: bytes, topic: str, value: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) of a message and its topic."""
    return hmac.digest(secret, topic.encode() + b"\n" + value, "sha256")


class Signed(NamedTuple):
    """A message, and who its headers say has written it."""

    topic: str = ""
    value: bytes | None = None
    writer: bytes | None = None
    signature: bytes | None = None

    def is_of(self, writer: str, secret: bytes | None) -> bool:
        """Whether ``writer``, whose ``secret`` that is, has signed the message."""
        if secret is None or self.signature is None or self.writer != writer.encode():
            return False
        return hmac.compare_digest(signature(secret, self.topic, self.value or b""), self.signature)


UNSIGNED = Signed()


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
