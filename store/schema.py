"""The tables of ``schema.cql``: made where they are absent, of one version, and moved from the version before."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args
from cassandra.query import UNSET_VALUE

from conf import Settings
from conf.place import CONF_DIR
from conf.refusal import Refusal
from store import cassandra
from store.history import capacities, memberships
from store.history.alarms import STANDING
from store.history.periods import Period, row_of

VERSION = 6
"""2: a reading is named by installation, device and time; alarms are keyed by what stands.
3: refused messages are keyed by their arrival, prices by their end and provider as well.
4: memberships of communities are dated. 5: capacities are, too. 6: an agreement is kept beside the one before."""
CONCURRENCY = 64
COPY = "migrated_{table}"
"""The rows of a table on their way from the old key to the new one."""
STAMPS = {"reading_by_day": "device_kind", "alarm": "text", "quarantine": "reason", "price": "price_eur_mwh",
          "agreement": "generation"}  # fmt: skip
"""The column whose write time and time to live are those of its row."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Report = Callable[[str], None]
Row = dict[str, Any]
Changed = Callable[[Row], Iterator[Row]]


class SchemaOutdated(Refusal):
    """Cassandra's tables are of an older version; the text says how they are moved."""


def apply_schema(settings: Settings) -> None:
    """Make the keyspace and every table that is not there yet. Tables of an older version stay as they are."""
    conf = settings.cassandra
    strategy = f"{{'class': 'NetworkTopologyStrategy', '{conf.datacenter}': {conf.replication}}}"
    with cassandra.session(settings, keyspace=None) as session:
        session.execute(f"CREATE KEYSPACE IF NOT EXISTS {conf.keyspace} WITH replication = {strategy}")
        session.set_keyspace(conf.keyspace)
        version = stored_version(session)
        for statement in schema_statements():
            session.execute(statement, timeout=60)
        _remember(session, version)


def schema_statements() -> list[str]:
    """The statements of ``schema.cql``, without comments."""
    text = re.sub(r"--.*", "", (CONF_DIR / "schema.cql").read_text(encoding="utf-8"))
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def stored_version(session: Any) -> int:
    """Version of the tables in the session's keyspace; the newest where there are none yet."""
    tables = _tables(session)
    if "schema_version" in tables:
        row = session.execute("SELECT version FROM schema_version WHERE name = 'tables'").one()
        if row is not None:
            return int(row.version)
    return 1 if "run" in tables else VERSION


def check(session: Any) -> None:
    """Raise :class:`SchemaOutdated` unless the tables are of this version."""
    version = stored_version(session)
    if version != VERSION:
        raise SchemaOutdated(
            f"Cassandra's tables are of version {version}, this Solera works with {VERSION}: "
            f"{'run `solera migrate`' if version < VERSION else 'install the newer Solera that made them'}."
        )


def migrate(settings: Settings, report: Report) -> int:
    """Move the stored rows to the tables of this version, and return how many were moved or added.

    Nothing else may write meanwhile. Killed at any point it goes on where it stood.
    """
    with cassandra.session(settings) as session:
        if stored_version(session) >= VERSION:
            return 0
        moved = sum(_rekey(session, table, changed, report) for table, changed in REKEYED.items())
        moved += _date(session, "community_id", "membership", memberships.INSERT, report)
        moved += _date(session, "capacity_kw", "capacity", capacities.INSERT, report)
        _remember(session, VERSION)
    return moved


def _date(session: Any, field: str, table: str, insert: str, report: Report) -> int:
    """Let what an installation has now, have held ever since, for nothing else is known of it."""
    dated = {row.installation_id for row in session.execute(f"SELECT DISTINCT installation_id FROM {table}")}  # noqa: S608
    prepared, count = session.prepare(insert), 0
    for name, value in session.execute(f"SELECT installation_id, {field} FROM installation"):  # noqa: S608
        if value is not None and name not in dated:
            session.execute(prepared, row_of(name, Period(value)))
            count += 1
    report(f"{table}: {count:,} rows")
    return count


def _tables(session: Any) -> set[str]:
    query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s"
    return {row.table_name for row in session.execute(query, (session.keyspace,))}


def _remember(session: Any, version: int) -> None:
    session.execute("INSERT INTO schema_version (name, version) VALUES ('tables', %s)", (version,))


def _rekey(session: Any, table: str, changed: Changed, report: Report) -> int:
    """Copy the rows beside, make the table anew, copy them back."""
    copy = COPY.format(table=table)
    new = next(each for each in schema_statements() if f"EXISTS {table} (" in each)
    moved = 0
    if not _has_new_key(session, table, new):
        session.execute(f"DROP TABLE IF EXISTS {copy}", timeout=60)
        session.execute(new.replace(f"EXISTS {table} (", f"EXISTS {copy} ("), timeout=60)
        moved = _copy(session, table, copy, changed)
        report(f"{table}: {moved:,} rows copied")
        session.execute(f"DROP TABLE {table}", timeout=60)
    if copy in _tables(session):
        session.execute(new, timeout=60)
        _copy(session, copy, table, _same)
        session.execute(f"DROP TABLE {copy}", timeout=60)
        report(f"{table}: its rows stand under the new key")
    return moved


def _has_new_key(session: Any, table: str, statement: str) -> bool:
    """Whether the table is gone, or has the key that ``statement`` gives it."""
    wanted = re.search(r"PRIMARY KEY \((.*)\)", statement)
    key = set(re.findall(r"\w+", wanted[1])) if wanted else set()
    kinds = _columns(session, table)
    return not kinds or {name for name, kind in kinds.items() if kind in ("partition_key", "clustering")} == key


def _columns(session: Any, table: str) -> dict[str, str]:
    """Kind of each column: partition_key, clustering, regular or static."""
    query = "SELECT column_name, kind FROM system_schema.columns WHERE keyspace_name = %s AND table_name = %s"
    return {row.column_name: row.kind for row in session.execute(query, (session.keyspace, table))}


def _copy(session: Any, source: str, target: str, changed: Changed) -> int:
    """Rows of ``source`` as ``target`` holds them, each with its write time and the rest of its time to live."""
    names, wanted = list(_columns(session, source)), list(_columns(session, target))
    stamp = STAMPS[next(table for table in STAMPS if source.endswith(table))]
    query = f"SELECT {', '.join(names)}, WRITETIME({stamp}) AS written, TTL({stamp}) AS rest FROM {source}"  # noqa: S608
    into = f"INSERT INTO {target} ({', '.join(wanted)}) VALUES ({', '.join('?' * len(wanted))})"  # noqa: S608
    insert = session.prepare(f"{into} USING TIMESTAMP ? AND TTL ?")
    count = 0

    def values() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in session.execute(query, timeout=120):
            count += 1
            for each in changed(row._asdict()):
                held = [UNSET_VALUE if each.get(name) is None else each[name] for name in wanted]
                yield (*held, row.written, row.rest or 0)

    deque(execute_concurrent_with_args(session, insert, values(), CONCURRENCY, results_generator=True), maxlen=0)
    return count


def _same(row: Row) -> Iterator[Row]:
    yield row


def _alarm(row: Row) -> Iterator[Row]:
    """An alarm of version 1 under its month, and among the standing ones where it stands."""
    found = row | {"layer": "batch", "state": f"{row['raised_at']:%Y-%m}"}
    yield found
    if row["cleared_at"] is None:
        yield found | {"state": STANDING}


def _price(row: Row) -> Iterator[Row]:
    """A price of version 1 or 2; one without an end held for an hour."""
    end = row["end"] or row["start"] + timedelta(hours=1)
    yield row | {"end": end, "provider": row["provider"] or ""}


def _agreement(row: Row) -> Iterator[Row]:
    """A row of the agreement of version 5 or before: each community had one."""
    yield row | dict.fromkeys(("kept_at", "holds"), EPOCH)


REKEYED: dict[str, Changed] = {"reading_by_day": _same, "alarm": _alarm, "quarantine": _same, "price": _price,
                               "agreement": _agreement}  # fmt: skip
"""Tables whose key is another since version 1, and how a row changes on its way."""
