"""No table of ``conf/schema.cql`` that names installations is left out when one is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from batch_layer.removal.tables import NAME, is_about, keys_of
from store.schema import schema_statements

NOBODY = {"price", "price_skill", "run", "ingest_ledger", "schema_version"}
"""Tables whose rows name no installation."""
BY_CONTENT = {"quarantine"}
"""Tables whose rows are looked through."""


class Column(NamedTuple):
    table_name: str
    column_name: str
    kind: str
    position: int


def columns(statement: str) -> Iterator[Column]:
    """The columns of a CREATE TABLE statement as Cassandra's own schema lists them."""
    made = re.match(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*)\)", statement, re.S)
    if made is None:
        return
    table, body = made[1], made[2]
    key = re.search(r"PRIMARY KEY \((\([^)]*\)|\w+)([^)]*)\)", body)
    single = re.search(r"(\w+) \w+ PRIMARY KEY", body)
    assert key or single, statement
    partition = re.findall(r"\w+", key[1]) if key else re.findall(r"\w+", single[1] if single else "")
    clustering = re.findall(r"\w+", key[2]) if key else []
    for name in re.findall(r"(\w+) (?:text|date|timestamp|double|int|bigint|boolean|blob|map)", body):
        if name in partition:
            yield Column(table, name, "partition_key", partition.index(name))
        elif name in clustering:
            yield Column(table, name, "clustering", clustering.index(name))
        else:
            yield Column(table, name, "regular", -1)


def schema() -> list[Column]:
    return [column for statement in schema_statements() for column in columns(statement)]


def test_every_table_is_emptied_of_an_installation_or_names_none() -> None:
    tables = {column.table_name for column in schema()}
    naming = {column.table_name for column in schema() if column.column_name == NAME}
    assert naming <= keys_of(schema()).keys()
    assert tables == naming | NOBODY | BY_CONTENT
    assert naming.isdisjoint(NOBODY | BY_CONTENT)


def test_a_table_that_names_it_outside_its_key_would_be_noticed() -> None:
    made = "CREATE TABLE IF NOT EXISTS invoice (number text PRIMARY KEY, installation_id text, paid date)"
    found = list(columns(made))
    assert [column.column_name for column in found] == ["number", "installation_id", "paid"]
    assert keys_of(found) == {}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("installation", (NAME,)),
        ("reading_by_day", (NAME, "device_id", "day")),
        ("change", ("run_id", NAME)),
        ("alarm", ("layer", "state", "raised_at", NAME)),
        ("energy_batch", (NAME, "month")),
    ],
)
def test_a_key_reaches_as_far_as_the_installation_and_holds_the_whole_partition_key(
    table: str, key: tuple[str, ...]
) -> None:
    assert keys_of(schema())[table] == key


@pytest.mark.parametrize(
    ("refused_id", "reason", "payload", "expected"),
    [
        ("home-1", "unknown installation home-1", b"", True),
        (None, "no JSON", b'{"installation_id":"home-1","device', True),
        (None, "no JSON", b'{"installation_id": "home-11"}', False),
        ("home-2", "device m is registered to home-1, home-3", b'{"installation_id": "home-2"}', True),
        ("home-2", "device m is registered to home-11", b"", False),
        (None, "no JSON", b"\xff\xfe", False),
    ],
)
def test_a_refused_message_is_about_whom_it_names(
    refused_id: str | None, reason: str, payload: bytes, expected: bool
) -> None:
    assert is_about("home-1", refused_id, reason, payload) is expected
