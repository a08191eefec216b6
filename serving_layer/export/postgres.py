"""The catalogue and the merged energy in PostgreSQL: what is there stays, what has changed is written anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from conf.refusal import Refusal
from energy.calendar import midnight
from energy.records import QUANTITIES
from serving_layer.export.due import Exported, due
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged, revisions
from serving_layer.views.merge import Value
from store.runs import Published

SCHEMA = "solera"
MOST_CHANGES = 1_000_000
CATALOGUE = ("installation_id", "name", "kind", "community_id", "time_zone", "capacity_kw", "latitude", "longitude")
TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.installation (installation_id text PRIMARY KEY, name text, kind text,
  community_id text, time_zone text, capacity_kw double precision, latitude double precision,
  longitude double precision);
CREATE TABLE IF NOT EXISTS {SCHEMA}.energy (installation_id text, quantity text, start timestamptz,
  energy_wh double precision NOT NULL, view text NOT NULL, run_id text NOT NULL, completeness double precision,
  method text, lower_wh double precision, upper_wh double precision, cause text,
  PRIMARY KEY (installation_id, quantity, start));
CREATE TABLE IF NOT EXISTS {SCHEMA}.exported (run_id text PRIMARY KEY, cut timestamptz NOT NULL);
"""
_DELETE = f"DELETE FROM {SCHEMA}.energy WHERE installation_id = %s AND start >= %s AND start < %s"  # noqa: S608
# Asked by key: energy has a row a quarter-hour.
_HELD = (
    f"SELECT installation_id FROM {SCHEMA}.installation AS known WHERE EXISTS "  # noqa: S608
    f"(SELECT 1 FROM {SCHEMA}.energy WHERE installation_id = known.installation_id)"
)
_COPY = (
    f"COPY {SCHEMA}.energy (installation_id, quantity, start, energy_wh, view, run_id, completeness, method, "
    "lower_wh, upper_wh, cause) FROM STDIN"
)


class NotExported(Refusal):
    """The data base did not take the export; what stands there is whole, as the last one left it."""

    kind = "not-exported"
    status = 503


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A connection to PostgreSQL by libpq's rules: what ``address`` does not say comes from ``PG…`` and ``~/.pgpass``.

    Raises :class:`NotExported`.
    """
    try:
        import psycopg
    except ImportError:
        raise NotExported("PostgreSQL's client is not installed: `pip install 'psycopg[binary]'`.") from None
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise NotExported(f"PostgreSQL refused: {str(error).strip()}") from None


def export(connection: Any, reader: Reader, first: date, now: datetime, say: Callable[[str], None]) -> int:
    """Write what the runs have published or changed since the last export, and the speed view; count the rows written.

    The first export begins with the UTC day ``first``; ``now`` ends the speed view. Each installation is a transaction;
    an export that was cut short is done again by the next.
    """
    with connection.transaction():
        connection.execute(TABLES)
    seen, last = merged.seen(reader), _exported(connection)
    new = [run.run_id for run in seen.runs if run.run_id not in last.run_ids]
    communities = {str(row["installation_id"]): row.get("community_id") for row in catalogue.installations(reader)}
    cut = seen.cut or midnight(first)
    ahead = first if last.cut is None else min(last.cut, cut).date()
    begins = {each: ahead if each in last.installations else first for each in communities}
    changed: list[revisions.Change] = []
    for run in new if last.run_ids else ():
        changed += revisions.changes(reader, run, seen, MOST_CHANGES)
    _write_catalogue(connection, reader)
    written = 0
    for installation, spans in due(communities, changed, begins, cut).items():
        with connection.transaction():
            for span in [*spans, Span(cut, now)]:
                written += _write(connection, reader, installation, span, seen)
        say(f"{installation}: {sum((span.end - span.start).days for span in spans):,} days, and since the cut")
    with connection.transaction():
        for run in new:
            connection.execute(f"INSERT INTO {SCHEMA}.exported VALUES (%s, %s)", (run, cut))  # noqa: S608
    return written


def _exported(connection: Any) -> Exported:
    rows = connection.execute(f"SELECT run_id, cut FROM {SCHEMA}.exported").fetchall()  # noqa: S608
    held = connection.execute(_HELD).fetchall()
    cut = max((cut for _, cut in rows), default=None)
    return Exported(frozenset(run for run, _ in rows), cut, frozenset(name for (name,) in held))


def _write_catalogue(connection: Any, reader: Reader) -> None:
    """The catalogue as it stands; whoever is forgotten leaves it, and the energy with it."""
    rows = [[row.get(name) for name in CATALOGUE] for row in catalogue.installations(reader)]
    marks = ", ".join("%s" for _ in CATALOGUE)
    with connection.transaction():
        connection.execute(f"DELETE FROM {SCHEMA}.installation")  # noqa: S608
        for row in rows:
            connection.execute(f"INSERT INTO {SCHEMA}.installation VALUES ({marks})", row)  # noqa: S608
        connection.execute(
            f"DELETE FROM {SCHEMA}.energy WHERE installation_id NOT IN "  # noqa: S608
            f"(SELECT installation_id FROM {SCHEMA}.installation)"
        )


def _write(connection: Any, reader: Reader, installation: str, span: Span, seen: Published) -> int:
    """Put the merged quarter-hours of ``span`` in place of what stands there, and count them."""
    connection.execute(_DELETE, (installation, *span))
    count = 0
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for quantity in QUANTITIES:
            for value in merged.read(reader, installation, quantity, span, seen):
                copy.write_row((installation, quantity, *_cells(value)))
                count += 1
    return count


def _cells(value: Value) -> tuple[Any, ...]:
    bounds = (value.lower_wh, value.upper_wh)
    return (value.start, value.energy_wh, value.view, value.run_id, value.completeness, value.method, *bounds,
            value.cause)  # fmt: skip
