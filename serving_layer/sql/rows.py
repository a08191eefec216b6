"""Answers of Spark (Arrow) as HiveServer2 sends them: a schema, and columns with a bit for each null.

Columns are written as bytes of Thrift's binary protocol at once: value by value Python would take longer than Spark.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from TCLIService import ttypes


class Form(NamedTuple):
    """The form of values: the field of Thrift's union ``TColumn``, Thrift's type of a value, NumPy's of a number."""

    field: int
    thrift: int
    number: str = ""


TEXT, BYTES = Form(7, 11), Form(8, 11)
FORMS = {
    "bool": (ttypes.TTypeId.BOOLEAN_TYPE, Form(1, 2, "u1")),
    "int8": (ttypes.TTypeId.TINYINT_TYPE, Form(2, 3, "i1")),
    "int16": (ttypes.TTypeId.SMALLINT_TYPE, Form(3, 6, ">i2")),
    "int32": (ttypes.TTypeId.INT_TYPE, Form(4, 8, ">i4")),
    "int64": (ttypes.TTypeId.BIGINT_TYPE, Form(5, 10, ">i8")),
    "float": (ttypes.TTypeId.FLOAT_TYPE, Form(6, 4, ">f8")),
    "double": (ttypes.TTypeId.DOUBLE_TYPE, Form(6, 4, ">f8")),
    "date32[day]": (ttypes.TTypeId.DATE_TYPE, TEXT),
    "binary": (ttypes.TTypeId.BINARY_TYPE, BYTES),
}
"""HiveServer2's type and form by Arrow's name of a type; any other column is sent as text."""
STRUCT, LIST, STRING, STOP = 12, 15, 11, b"\0"


class Column:
    """A column as it is sent: a ``TColumn`` of which Thrift only asks that it writes itself."""

    def __init__(self, values: pa.ChunkedArray) -> None:
        form = FORMS.get(str(values.type), (0, TEXT))[1]
        # One bit a row, the lowest first.
        nulls = np.packbits(values.is_null().to_numpy(), bitorder="little").tobytes()
        self._sent = b"".join(
            (
                struct.pack(">bh", STRUCT, form.field),
                struct.pack(">bhbi", LIST, 1, form.thrift, len(values)),
                _numbers(values, form.number) if form.number else _strings(values, form),
                struct.pack(">bhi", STRING, 2, len(nulls)),
                nulls,
                STOP,
                STOP,
            )
        )

    def write(self, protocol: Any) -> None:
        """Thrift's."""
        protocol.trans.write(self._sent)


def table_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """A table of texts and whole numbers; a column without any value is one of texts."""
    columns = [pa.array([row[at] for row in rows]) for at in range(len(names))]
    return pa.Table.from_arrays([c.cast(pa.string()) if pa.types.is_null(c.type) else c for c in columns], list(names))


def schema_of(schema: pa.Schema) -> ttypes.TTableSchema:
    """The names and types of the columns."""
    return ttypes.TTableSchema(
        [ttypes.TColumnDesc(each.name, _type_of(each.type), at + 1, "") for at, each in enumerate(schema)]
    )


def row_set(table: pa.Table, first: int) -> ttypes.TRowSet:
    """The rows of ``table``, which begin at row ``first`` of the answer."""
    return ttypes.TRowSet(startRowOffset=first, rows=[], columns=[Column(each) for each in table.columns])


def _type_of(type_: pa.DataType) -> ttypes.TTypeDesc:
    qualifiers = None
    if pa.types.is_decimal(type_):
        found = ttypes.TTypeId.DECIMAL_TYPE
        size = {"precision": type_.precision, "scale": type_.scale}
        values = {name: ttypes.TTypeQualifierValue(i32Value=value) for name, value in size.items()}
        qualifiers = ttypes.TTypeQualifiers(values)
    elif pa.types.is_timestamp(type_):
        found = ttypes.TTypeId.TIMESTAMP_TYPE
    else:
        found = FORMS.get(str(type_), (ttypes.TTypeId.STRING_TYPE, TEXT))[0]
    return ttypes.TTypeDesc([ttypes.TTypeEntry(primitiveEntry=ttypes.TPrimitiveTypeEntry(found, qualifiers))])


def _numbers(values: pa.ChunkedArray, number: str) -> bytes:
    nothing = pa.scalar(False if pa.types.is_boolean(values.type) else 0, values.type)
    return bytes(values.fill_null(nothing).to_numpy().astype(number))


def _strings(values: pa.ChunkedArray, form: Form) -> bytes:
    """Before each text its length in four bytes."""
    found = (values if form is BYTES else _texts(values)).cast(pa.binary()).fill_null(b"")
    flat = pa.concat_arrays([*found.chunks, pa.array([], pa.binary())])
    _, offsets, data = flat.buffers()
    ends = np.frombuffer(offsets, np.int32)[flat.offset : flat.offset + len(flat) + 1]
    letters = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    sent = np.empty(4 * len(flat) + len(letters), np.uint8)
    is_letter = np.ones(len(sent), bool)
    lengths = (ends[:-1] - ends[0] + 4 * np.arange(len(flat)))[:, None] + np.arange(4)
    is_letter[lengths] = False
    sent[lengths] = np.diff(ends).astype(">i4").view(np.uint8).reshape(-1, 4)
    sent[is_letter] = letters
    return sent.tobytes()


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(values.type):
        return values.cast(pa.string())
    # Spark's form: no fraction where there is none, and no zeros at its end.
    written = pc.strftime(values.cast(pa.timestamp("us")), format="%Y-%m-%d %H:%M:%S")
    return pc.replace_substring_regex(pc.replace_substring_regex(written, r"(\.\d*?)0+$", r"\1"), r"\.$", "")
