"""Answers of SQL as bytes of Thrift: what is written is what Thrift's own reader reads."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from TCLIService import ttypes
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from serving_layer.sql import rows

KINDS = {
    "boolVal": (pa.bool_(), st.booleans()),
    "byteVal": (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    "i16Val": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "i32Val": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "i64Val": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "doubleVal": (pa.float64(), st.floats(allow_nan=False)),
    "stringVal": (pa.string(), st.text(st.characters(exclude_categories=["Cs"]))),
    "binaryVal": (pa.binary(), st.binary()),
}


def read_back(table: pa.Table) -> Any:
    written = TMemoryBuffer()
    rows.row_set(table, 3).write(TBinaryProtocol(written))
    found = ttypes.TRowSet()
    found.read(TBinaryProtocol(TMemoryBuffer(written.getvalue())))
    return found


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_column_is_read_as_it_was(kind: str, data: st.DataObject) -> None:
    type_, value = KINDS[kind]
    chunks = data.draw(st.lists(st.lists(st.none() | value, max_size=9), max_size=3))
    whole = pa.chunked_array(chunks, type_)
    first = data.draw(st.integers(0, len(whole)))
    values = whole.slice(first, data.draw(st.integers(0, 30)))

    found = read_back(pa.table({"a": values, "b": values}))

    assert found.startRowOffset == 3
    for column in found.columns:
        read = getattr(column, kind)
        nulls = [bool(read.nulls[at // 8] & 1 << at % 8) for at in range(len(values))]
        assert [None if null else each for each, null in zip(read.values, nulls, strict=True)] == values.to_pylist()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pa.array([1_774_744_245_000_000], pa.timestamp("us", "UTC")), "2026-03-29 00:30:45"),
        (pa.array([1_774_744_245_250_000], pa.timestamp("us", "UTC")), "2026-03-29 00:30:45.25"),
        (pa.array([1_774_744_245_000_001], pa.timestamp("us")), "2026-03-29 00:30:45.000001"),
        (pa.array([20_541], pa.date32()), "2026-03-29"),
        (pa.array(["1.250"]).cast(pa.decimal128(6, 3)), "1.250"),
    ],
)
def test_times_and_decimals_are_sent_as_spark_writes_them(value: pa.Array, text: str) -> None:
    (column,) = read_back(pa.table({"a": value})).columns
    assert column.stringVal.values == [text]
