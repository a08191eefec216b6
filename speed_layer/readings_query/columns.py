"""The columns of a validated batch, in Arrow and in Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from energy.topics import TOPICS
from store.quarantine import REFUSED_COLUMNS

_TIMESTAMP = pa.timestamp("us", tz="UTC")
_ARROW = {
    "string": pa.string(),
    "binary": pa.binary(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "timestamp": _TIMESTAMP,
}
_READING = TOPICS["readings"].columns
FIELDS = pa.struct([(name, _ARROW[kind]) for name, kind in _READING.items() if name != "time"])
"""Fields that a reading may have beside its time."""
_ARROW_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("is_state", pa.bool_()),
        *((name, _ARROW[kind]) for name, kind in _READING.items()),
        ("day", pa.date32()),
        ("write_time", pa.int64()),
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("received_at", _TIMESTAMP),
        *((name, _ARROW[kind]) for name, kind in REFUSED_COLUMNS.items()),
        ("summary", pa.string()),
    ]
)
SCHEMA = from_arrow_schema(_ARROW_SCHEMA)


def columns(data: Mapping[str, Any], kind: str) -> pa.RecordBatch:
    """Rows of one ``kind``; a column that ``data`` does not have is null."""
    length = len(next(iter(data.values())))
    arrays = [
        pa.array(data[each.name], each.type) if each.name in data else pa.nulls(length, each.type)
        for each in _ARROW_SCHEMA
    ]
    arrays[0] = pa.array([kind] * length, pa.string())
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW_SCHEMA)
