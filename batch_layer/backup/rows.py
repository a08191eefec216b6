"""The rows of a table as lines of JSON that Cassandra itself writes and reads, with write times and times to live."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cassandra.concurrent import execute_concurrent
from cassandra.query import SimpleStatement

PAGE_ROWS = 1000
CONCURRENCY = 32
SCAN_SECONDS = 120
STAMPED = {"inverter_state", "reading_by_day"}
"""Tables whose write times are event times: what is written later must find them."""
Row = dict[str, Any]
Changed = Callable[[Row], Row | None]
"""A row as it is to be written; None where it is not."""


def tables(session: Any) -> list[str]:
    """The keyspace's tables."""
    return sorted(session.cluster.metadata.keyspaces[session.keyspace].tables)


def is_empty(session: Any, table: str) -> bool:
    """Whether the table has no row."""
    return session.execute(f"SELECT * FROM {table} LIMIT 1").one() is None  # noqa: S608 - names of the schema


def write(session: Any, table: str, path: Path) -> int:
    """Write every row of ``table`` to ``path``, gzipped, and count them."""
    asked = [f'"{name}"' for name in _table(session, table).columns]
    for name in _values(session, table):
        asked.append(f'TTL("{name}") AS ttl_of_{name}')
        if table in STAMPED:
            asked.append(f'WRITETIME("{name}") AS written_of_{name}')
    query = SimpleStatement(f"SELECT JSON {', '.join(asked)} FROM {table}", fetch_size=PAGE_ROWS)  # noqa: S608
    count = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for (line,) in session.execute(query, timeout=SCAN_SECONDS):
            file.write(line + "\n")
            count += 1
    return count


def read(session: Any, table: str, path: Path, changed: Changed) -> int:
    """Insert the rows of ``path`` into ``table``, as ``changed`` leaves them, and count those it keeps."""
    key = [column.name for column in _table(session, table).primary_key]
    insert = f"INSERT INTO {table} JSON ? DEFAULT UNSET"
    with_ttl = session.prepare(f"{insert} USING TTL ?")
    with_both = session.prepare(f"{insert} USING TIMESTAMP ? AND TTL ?")
    plain = session.prepare(insert)
    count = 0

    def statements() -> Iterator[tuple[Any, tuple[Any, ...]]]:
        nonlocal count
        for row in _rows(path, changed):
            count += 1
            for (written, ttl), fields in _by_time(row, key).items():
                text = json.dumps({name: row[name] for name in key} | fields)
                if ttl is None:
                    yield plain, (text,)
                elif written is None:
                    yield with_ttl, (text, ttl)
                else:
                    yield with_both, (text, written, ttl)

    for _ in execute_concurrent(session, statements(), CONCURRENCY, results_generator=True):
        pass
    return count


def _rows(path: Path, changed: Changed) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = changed(json.loads(line))
            if row is not None:
                yield row


def _by_time(row: Row, key: list[str]) -> dict[tuple[int | None, int | None], Row]:
    """The row's fields by write time and time to live, of which None is the table's own."""
    parts: dict[tuple[int | None, int | None], Row] = defaultdict(dict)
    for name, value in row.items():
        if value is None or name in key or name.startswith(("ttl_of_", "written_of_")):
            continue
        written, ttl = row.get(f"written_of_{name}"), row.get(f"ttl_of_{name}")
        # A field that had none is to have none here, too, whatever the table says of new ones.
        parts[written, (ttl or 0) if f"ttl_of_{name}" in row else None][name] = value
    return parts or {(None, None): {}}


def _table(session: Any, name: str) -> Any:
    return session.cluster.metadata.keyspaces[session.keyspace].tables[name]


def _values(session: Any, table: str) -> list[str]:
    """Columns beside the key of which Cassandra knows when they were written: not the collections."""
    of = _table(session, table)
    key = {column.name for column in of.primary_key}
    return [name for name, column in of.columns.items() if name not in key and "<" not in column.cql_type]
