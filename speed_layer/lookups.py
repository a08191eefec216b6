"""Look-ups of a device in Cassandra: the worker's own, one session a Python process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, timezone
from itertools import groupby
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.concurrent import execute_concurrent
from cassandra.query import dict_factory

from conf import Settings
from energy.energy_row import EnergyRow
from energy.records import COUNTED, QUANTITIES
from energy.topics import TOPICS
from speed_layer.readings_query.duplicates import Device, Key, Stored, key
from store import cassandra
from store.instants import month_of, utc

CONCURRENCY = 32
INSTANTS_A_QUERY = 100
_FIELDS = tuple(TOPICS["readings"].columns)
_ENERGY_FIELDS = (
    *("installation_id", "device_id", "device_kind", "time", "kafka_partition", "kafka_offset"),
    *COUNTED,
)
"""Columns that the arithmetic of energy looks at, and where in the log a reading stands."""
_DAY = timedelta(days=1)

Reading = dict[str, Any]


class Store:
    """``reading_by_day`` and ``inverter_state`` as a Python worker reads them."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._profile = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=dict_factory)
        what = f"SELECT {', '.join(_ENERGY_FIELDS)}"
        where = "FROM reading_by_day WHERE installation_id = ? AND device_id = ? AND day = ?"
        self._at = session.prepare(f"SELECT {', '.join(_FIELDS)}, kafka_partition, kafka_offset {where} AND time IN ?")
        self._between = session.prepare(f"{what} {where} AND time >= ? AND time < ?")
        self._before = session.prepare(f"{what} {where} AND time >= ? AND time < ? ORDER BY time DESC LIMIT ?")
        self._from = session.prepare(f"{what} {where} AND time >= ? AND time < ? LIMIT ?")
        self._energy = session.prepare(
            f"SELECT {', '.join(EnergyRow._fields)} FROM energy_speed "  # noqa: S608
            "WHERE installation_id = ? AND month = ? AND quantity IN ? AND start >= ? AND start < ?"
        )
        self._firsts = session.prepare(
            f"SELECT {', '.join(EnergyRow._fields)} FROM energy_speed "  # noqa: S608
            "WHERE installation_id = ? AND month = ? AND quantity IN ? AND start >= ? AND start < ? "
            "GROUP BY installation_id, month, quantity"
        )
        self._withdraw = session.prepare(
            "DELETE FROM energy_speed WHERE installation_id = ? AND month = ? AND quantity = ? AND start = ?"
        )
        self._devices = session.prepare("SELECT device_id, time FROM inverter_state WHERE installation_id = ?")

    def at(self, keys: Iterable[Key]) -> dict[Key, Stored]:
        """The stored readings of ``keys``; what is not stored is absent."""
        asked = [
            (*device, day, times[first : first + INSTANTS_A_QUERY])
            for (device, day), group in groupby(sorted(keys), key=lambda at: (at[:2], at[2].date()))
            for times in [[time for *_, time in group]]
            for first in range(0, len(times), INSTANTS_A_QUERY)
        ]
        found: dict[Key, Stored] = {}
        for rows in self._ask(self._at, asked):
            for row in rows:
                position = row.pop("kafka_partition"), row.pop("kafka_offset")
                reading = as_reading(row)
                found[key(reading)] = Stored(reading, position)
        return found

    def devices(self, installations: Sequence[str]) -> list[dict[str, datetime]]:
        """The devices of each installation that ever sent a reading, and the time of the newest."""
        return [
            {row["device_id"]: utc(row["time"]) for row in rows}
            for rows in self._ask(self._devices, [(installation,) for installation in installations])
        ]

    def between(self, asked: list[tuple[Device, datetime, datetime]]) -> list[list[Reading]]:
        """The readings of each (device, start, end) asked, in order of time."""
        days = [
            (number, (*device, at.date(), start, end))
            for number, (device, start, end) in enumerate(asked)
            for at in _days(start, end)
        ]
        found: list[list[Reading]] = [[] for _ in asked]
        answers = self._ask(self._between, [question for _, question in days])
        for (number, _), rows in zip(days, answers, strict=True):
            found[number].extend(map(as_reading, rows))
        return found

    def energy(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        """The rows of ``energy_speed`` of each (installation, start, end) asked; a span lies within a UTC day."""
        return self._energy_rows(self._energy, asked)

    def withdraw(self, periods: Iterable[tuple[str, str, datetime]]) -> None:
        """Delete the rows of ``energy_speed`` of these (installation, quantity, start)."""
        keys = [(name, month_of(start), quantity, start) for name, quantity, start in periods]
        deque(self._ask(self._withdraw, keys), maxlen=0)

    def firsts(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        """The first row of each quantity in [start, end) for each (installation, start, end) inside one UTC month."""
        return self._energy_rows(self._firsts, asked)

    def _energy_rows(self, statement: Any, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        questions = [(name, month_of(start), list(QUANTITIES), start, end) for name, start, end in asked]
        return [
            [EnergyRow(**{**row, "start": utc(row["start"])}) for row in rows]
            for rows in self._ask(statement, questions)
        ]

    def before(self, asked: list[Key], count: int, within: timedelta) -> list[list[Reading]]:
        """The ``count`` nearest readings before each (installation, device, instant), at most ``within`` away."""
        return self._nearest(asked, count, -within)

    def since(self, asked: list[Key], count: int, within: timedelta) -> list[list[Reading]]:
        """The ``count`` nearest readings from each (installation, device, instant) on, within ``within``."""
        return self._nearest(asked, count, within)

    def _nearest(self, asked: list[Key], count: int, reach: timedelta) -> list[list[Reading]]:
        found: list[list[Reading]] = [[] for _ in asked]
        spans = [sorted((at, at + reach)) for *_, at in asked]
        days = [_days(*span) if reach > timedelta() else _days(*span)[::-1] for span in spans]
        statement = self._from if reach > timedelta() else self._before
        # A day's partition at a time, nearest first: most find all they need in the first.
        for step in range(max(map(len, days), default=0)):
            open_ = [n for n in range(len(asked)) if step < len(days[n]) and len(found[n]) < count]
            questions = [(*asked[n][:2], days[n][step].date(), *spans[n], count - len(found[n])) for n in open_]
            for n, rows in zip(open_, self._ask(statement, questions), strict=True):
                found[n].extend(map(as_reading, rows))
        return found

    def _ask(self, statement: Any, parameters: list[tuple[Any, ...]]) -> Iterator[Iterable[dict[str, Any]]]:
        asked = [(statement, each) for each in parameters]
        results = execute_concurrent(
            self._session, asked, CONCURRENCY, results_generator=True, execution_profile=self._profile
        )
        for _, rows in results:
            yield rows


def as_reading(row: Mapping[str, Any]) -> Reading:
    """A row of ``reading_by_day`` as :func:`energy.topics.Topic.parse` would have returned it."""
    reading = {name: value for name, value in row.items() if value is not None}
    reading["time"] = utc(reading["time"])
    return reading


def day_of(at: datetime) -> tuple[datetime, datetime]:
    """Start and end of the UTC day that holds ``at``."""
    start = datetime.combine(at.date(), time(), timezone.utc)
    return start, start + _DAY


def _days(start: datetime, end: datetime) -> list[datetime]:
    first, _ = day_of(start)
    return [first + n * _DAY for n in range((end - first) // _DAY + 1)]


_stores: dict[str, Store] = {}


def store(settings: Settings) -> Store:
    """The store of this process, connected at its first use."""
    where = f"{settings.cassandra.hosts}:{settings.cassandra.port}/{settings.cassandra.keyspace}"
    if where not in _stores:
        _stores[where] = Store(cassandra.connect(settings))
    return _stores[where]
