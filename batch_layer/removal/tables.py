"""The rows of Cassandra that name an installation: counted, and removed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args

from batch_layer.removal.place import Place
from store import quarantine
from store.history import memberships

NAME = "installation_id"
CATALOGUE = ("installation", "device", "membership", "capacity")
KEY = ("topic", "day", "received_at", "kafka_partition", "kafka_offset")
"""Primary key of the quarantine, whose rows name an installation in what was refused."""
CONCURRENCY = 8
SCAN_SECONDS = 120
Keys = Mapping[str, tuple[str, ...]]
Some = Callable[[str], bool]


class Tables:
    """Every table of a keyspace that names installations, as the session's own schema says it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        query = "SELECT table_name, column_name, kind, position FROM system_schema.columns WHERE keyspace_name = %s"
        self._keys = keys_of(session.execute(query, (session.keyspace,)))

    def count(self, installation: str) -> Iterator[Place]:
        """The number of rows in each table that name ``installation``."""
        for table in self._keys:
            counts = self._ask(table, f"SELECT count(*) FROM {table}", self._places(table, installation))  # noqa: S608
            yield Place("Cassandra", table, sum(rows.one()[0] for rows in counts))
        yield Place("Cassandra", quarantine.TABLE, sum(1 for _ in self._refused(installation)))

    def remove(self, installation: str, wanted: Some = lambda _: True) -> None:
        """Delete the rows that name ``installation`` from the ``wanted`` tables."""
        for table in filter(wanted, self._keys):
            places = list(self._places(table, installation))
            for _ in self._ask(table, f"DELETE FROM {table}", places):  # noqa: S608
                pass
        if wanted(quarantine.TABLE):
            where = " AND ".join(f"{column} = ?" for column in KEY)
            delete = self._session.prepare(f"DELETE FROM {quarantine.TABLE} WHERE {where}")  # noqa: S608
            for _ in execute_concurrent_with_args(
                self._session, delete, list(self._refused(installation)), CONCURRENCY, results_generator=True
            ):
                pass

    def _places(self, table: str, installation: str) -> Iterable[tuple[Any, ...]]:
        """The keys, as far as the one that names it, under which ``table`` has rows of ``installation``."""
        key = self._keys[table]
        if key == (NAME,):
            return [(installation,)]
        keyspace = self._session.cluster.metadata.keyspaces[self._session.keyspace]
        # DISTINCT is for whole partition keys; where the installation is a clustering column every row is read.
        is_partition = len(key) == len(keyspace.tables[table].partition_key)
        query = f"SELECT {'DISTINCT ' if is_partition else ''}{', '.join(key)} FROM {table}"  # noqa: S608
        rows = self._session.execute(query, timeout=SCAN_SECONDS)
        return Counter(tuple(row) for row in rows if getattr(row, NAME) == installation)

    def _ask(self, table: str, what: str, places: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        where = " AND ".join(f"{column} = ?" for column in self._keys[table])
        statement = self._session.prepare(f"{what} WHERE {where}")
        answers = execute_concurrent_with_args(
            self._session, statement, list(places), CONCURRENCY, results_generator=True
        )
        yield from (rows for _, rows in answers)

    def _refused(self, installation: str) -> Iterator[tuple[Any, ...]]:
        """The places of refused messages about it, or whose payload holds its name as a JSON string."""
        query = f"SELECT {', '.join(KEY)}, refused_id, reason, payload FROM {quarantine.TABLE}"  # noqa: S608
        for row in self._session.execute(query, timeout=SCAN_SECONDS):
            if is_about(installation, row.refused_id, row.reason or "", row.payload or b""):
                yield tuple(row)[: len(KEY)]

    def leave_community(self, community: str) -> None:
        """Let no installation be, or have been, a member of ``community``, and nothing be shared by its agreement."""
        self._session.execute("DELETE FROM agreement WHERE community_id = %s", (community,))
        for row in self._session.execute("SELECT installation_id, community_id FROM installation"):
            if row.community_id == community:
                clear = "UPDATE installation SET community_id = null WHERE installation_id = %s"
                self._session.execute(clear, (row.installation_id,))
        delete = self._session.prepare(memberships.DELETE)
        for row in self._session.execute(memberships.MEMBERSHIPS):
            if row.community_id == community:
                self._session.execute(delete, (row.installation_id, row.start))


def keys_of(columns: Iterable[Any]) -> Keys:
    """The key's columns of each table that names installations in it, as far as that one, or its partition key.

    ``columns`` have table_name, column_name, kind (partition_key, clustering, …) and position.
    """
    kinds: dict[str, dict[str, dict[int, str]]] = {"partition_key": {}, "clustering": {}}
    for column in columns:
        if column.kind in kinds:
            kinds[column.kind].setdefault(column.table_name, {})[column.position] = column.column_name
    keys: dict[str, tuple[str, ...]] = {}
    for table, partition in sorted(kinds["partition_key"].items()):
        first = tuple(name for _, name in sorted(partition.items()))
        then = tuple(name for _, name in sorted(kinds["clustering"].get(table, {}).items()))
        if NAME in first:
            keys[table] = first
        elif NAME in then:
            keys[table] = (*first, *then[: then.index(NAME) + 1])
    return keys


def is_about(installation: str, refused_id: str | None, reason: str, payload: bytes) -> bool:
    """Whether a refused message is about ``installation``, or its payload or reason names it."""
    named = json.dumps(installation).encode()
    words = reason.replace(",", " ").split()
    return refused_id == installation or named in payload or installation in words
