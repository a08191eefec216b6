"""Installations whose hours Datadis is asked for, and their months with holes, by the catalogue and the gap ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from cassandra.concurrent import execute_concurrent_with_args

from conf import Settings
from energy.calendar import MADRID
from store import cassandra
from store.runs import newest_of_days, read_published

HOLES = frozenset({"missing", "lost"})
"""States of the gap ledger that a statement of the distributor's ends."""
_GAPS = "SELECT day, device_id, quantity, run_id, state FROM gap WHERE installation_id = ? AND month = ?"


class Table(NamedTuple):
    """A table of what is stated of whole months, by period, and its columns of values."""

    name: str
    values: tuple[str, ...]


class Home(NamedTuple):
    """An installation with a CUPS, and the zone of its clock."""

    installation_id: str
    cups: str
    time_zone: str


Month = tuple[str, date]
"""An installation's month, by its first day."""


class Registered:
    """The installations of the platform's own catalogue."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def homes(self) -> list[Home]:
        """The installations that have a CUPS."""
        with cassandra.session(self._settings) as session:
            rows = session.execute("SELECT installation_id, cups, time_zone FROM installation")
            return [Home(row.installation_id, row.cups, row.time_zone or MADRID.key) for row in rows if row.cups]

    def holes(self, asked: Iterable[Month]) -> set[Month]:
        """The months among ``asked`` in which a device's quarter-hours are missing (months of UTC, edges aside)."""
        asked = list(asked)
        with cassandra.session(self._settings) as session:
            seen = read_published(session)
            found = execute_concurrent_with_args(session, session.prepare(_GAPS), asked)
            rows = [newest_of_days(list(each.result_or_exc), seen) for each in found]
        return {month for month, of in zip(asked, rows, strict=True) if _has_hole(of)}

    def held(self, table: Table, installations: Iterable[str]) -> set[Month]:
        """The months of which ``table`` holds something."""
        names = sorted(set(installations))
        query = f"SELECT month FROM {table.name} WHERE installation_id = ?"  # noqa: S608  a name of this code
        with cassandra.session(self._settings) as session:
            found = execute_concurrent_with_args(session, session.prepare(query), [(name,) for name in names])
            rows = [list(each.result_or_exc) for each in found]
        return {(name, row.month.date()) for name, of in zip(names, rows, strict=True) for row in of}

    def keep(self, table: Table, installation_id: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Write rows of ``table``."""
        columns = ("month", "period", *table.values, "known_at")
        marks = ", ".join("?" * len(columns))
        into = f"INSERT INTO {table.name} (installation_id, source, {', '.join(columns)})"
        with cassandra.session(self._settings) as session:
            insert = session.prepare(f"{into} VALUES (?, 'datadis', {marks})")
            for each in records:
                session.execute(insert, (installation_id, *(each[name] for name in columns)))


def _has_hole(rows: Iterable[Any]) -> bool:
    return any(row.state in HOLES for row in rows)
