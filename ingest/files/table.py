"""A person's file as a table of text: CSV, Parquet or Excel, every cell as it stands, with the line it stands in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.files.mapping import FileMapping
from ingest.files.unpack import MOST_BYTES, FileRefused, unpacked

DELIMITERS = (";", "\t", ",", "|")
TEXT = "string[pyarrow]"
"""A tenth of the memory and time of Python's own strings."""
MOST_CELL = 10_000_000
"""Longest cell of a CSV."""
_EXCEL, _OLD_EXCEL, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


def read_table(path: Path, mapping: FileMapping) -> pd.DataFrame:
    """The table in ``path``; index: the line of the file, from 1. Raises :class:`FileRefused`."""
    content = unpacked(path)
    if content[:4] == _PARQUET:
        return _parquet(content, mapping, path)
    if content[:4] in (_EXCEL, _OLD_EXCEL):
        return _framed(_excel(content, mapping, path), mapping, path)
    return _framed(_csv(content, mapping, path), mapping, path)


def _csv(content: bytes, mapping: FileMapping, path: Path) -> list[list[str]]:
    text = _decoded(content, mapping, path)
    csv.field_size_limit(MOST_CELL)
    first = next(islice(io.StringIO(text), mapping.skip_lines, None), "")
    delimiter = mapping.delimiter or max(DELIMITERS, key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FileRefused(f"{path} is no CSV: {error}") from None


def _decoded(content: bytes, mapping: FileMapping, path: Path) -> str:
    """The text of a file: as the mapping says; else by its mark, as UTF-8, or as Latin-9, which takes every byte."""
    marked = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for encoding in [mapping.encoding] if mapping.encoding else [marked, "iso-8859-15"]:
        try:
            return content.decode(encoding)
        except LookupError:
            raise FileRefused(f"encoding: there is no {encoding!r}") from None
        except UnicodeDecodeError:
            continue
    raise FileRefused(f"{path} is not in {mapping.encoding}")


def _excel(content: bytes, mapping: FileMapping, path: Path) -> list[list[str]]:
    from python_calamine import CalamineWorkbook  # only whoever has such a file needs it

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_text(cell, mapping.decimal) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except Exception as error:  # the reader has an error of its own for each kind of damage
        raise FileRefused(f"{path} is no Excel file that can be read: {str(error)[:200]}") from None


def _framed(rows: Sequence[Sequence[str]], mapping: FileMapping, path: Path) -> pd.DataFrame:
    """``rows`` below their names; what a row has too little is empty."""
    begin = mapping.skip_lines + mapping.has_names
    numbers = [number for number in range(begin, len(rows)) if any(rows[number])]
    if not numbers:
        raise FileRefused(f"{path} holds no row")
    body = [rows[number] for number in numbers]
    names = [cell.strip() for cell in rows[begin - 1]] if mapping.has_names else []
    names += [str(number) for number in range(len(names) + 1, max(map(len, body)) + 1)]
    columns = [[row[at] if at < len(row) else "" for row in body] for at in range(len(names))]
    lines = pd.Index([number + 1 for number in numbers])
    found: pd.DataFrame = pd.concat([pd.Series(column, index=lines, dtype=TEXT) for column in columns], axis=1)
    found.columns = pd.Index(names)
    return found


def _parquet(content: bytes, mapping: FileMapping, path: Path) -> pd.DataFrame:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > MOST_BYTES or file.metadata.num_rows > MOST_BYTES // 8:
            raise FileRefused(f"{path} holds more than {MOST_BYTES >> 20} MB, unpacked: import it in parts")
        table: pd.DataFrame = file.read().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FileRefused(f"{path} is no Parquet file that can be read: {str(error)[:200]}") from None
    table = table.reset_index() if table.index.name else table
    texts = {str(name): _texts(table[name], mapping.decimal) for name in table.columns}
    found: pd.DataFrame = pd.DataFrame(texts, dtype=TEXT)
    found.index = pd.RangeIndex(1, len(found) + 1)
    return found


def _texts(column: pd.Series[Any], decimal: str) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        stamped: pd.Series[Any] = column.dt.strftime("%Y-%m-%dT%H:%M:%S" + ("%z" if column.dt.tz is not None else ""))
        filled: pd.Series[Any] = stamped.fillna("")
        return filled
    texts: pd.Series[Any] = column.map(lambda cell: _text(cell, decimal))
    return texts


def _text(cell: Any, decimal: str) -> str:
    """A cell as its text; a number with the decimal sign that the mapping says texts have."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, timedelta):  # a time of the day, which Excel counts on beyond 23:59
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0").replace(".", decimal)
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", decimal)
    return str(cell)
