"""Takes retracted readings out of the speed view: the readings, and the latest state that came of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args

from conf import Settings
from energy.calendar import utc_dates
from energy.energy_row import to_us
from energy.topics import BEHIND, TOPICS
from speed_layer.recount import Times
from store import catalogue
from store.history.retraction import Retraction
from store.instants import utc

CONCURRENCY = 16
FIELDS = [name for name in TOPICS["readings"].columns if name not in ("installation_id", "device_id")]
_WHERE = "WHERE installation_id = ? AND device_id = ? AND day = ?"
_IN_SPAN = f"SELECT time, WRITETIME(device_kind) AS written FROM reading_by_day {_WHERE} AND time >= ? AND time < ?"  # noqa: S608
_DELETE = f"DELETE FROM reading_by_day USING TIMESTAMP ? {_WHERE} AND time = ?"  # noqa: S608
_OF_DAY = f"SELECT {', '.join(FIELDS)} FROM reading_by_day {_WHERE}"  # noqa: S608
_STATES = "SELECT device_id, time FROM inverter_state WHERE installation_id = ?"
_STATE = "SELECT time, WRITETIME(time) AS written FROM inverter_state WHERE installation_id = ? AND device_id = ?"
_STATE_GOES = "DELETE FROM inverter_state USING TIMESTAMP ? WHERE installation_id = ? AND device_id = ?"


def remove_readings(settings: Settings, session: Any, of: Retraction) -> Times:
    """Remove the stored readings that ``of`` covers and was made after; return their instants by device."""
    generation = catalogue.load(settings, session).generation
    select, delete = session.prepare(_IN_SPAN), session.prepare(_DELETE)
    removed: dict[str, list[datetime]] = defaultdict(list)
    states = {row.device_id: utc(row.time) for row in session.execute(session.prepare(_STATES), (of.installation_id,))}
    devices = [device for device in states if of.device_id in (None, device)]
    days = [(device, day) for device in devices for day in utc_dates(of.start, of.until)]
    asked = [(of.installation_id, *each, of.start, of.until) for each in days]
    answers = execute_concurrent_with_args(session, select, asked, CONCURRENCY, results_generator=True)
    for (device, day), (_, rows) in zip(days, answers, strict=True):
        key = (of.installation_id, device, day)
        old = []
        for row in rows:
            at = utc(row.time)
            record = {"installation_id": of.installation_id, "device_id": device, "time": at}
            # One less than what is written after the retraction bears: that stays.
            stamp = to_us(at) + generation(record) - 1
            if row.written <= stamp:
                old.append((stamp, *key, row.time))
                removed[device].append(at)
        for _ in execute_concurrent_with_args(session, delete, old, CONCURRENCY, results_generator=True):
            pass
    # Also where the newest reading stays: a field of the state may be what a removed one said last.
    for device in removed:
        _correct_state(session, of, device)
    return removed


def _correct_state(session: Any, of: Retraction, device: str) -> None:
    """Let the latest state be that of the newest day that is left, each field as it was last stated."""
    key = (of.installation_id, device)
    was = session.execute(session.prepare(_STATE), key).one()
    session.execute(session.prepare(_STATE_GOES), (was.written, *key))
    select, last = session.prepare(_OF_DAY), utc(was.time)
    for day in reversed(utc_dates(last - BEHIND, last)):
        rows = sorted(session.execute(select, (*key, day)), key=lambda row: row.time)
        if rows:
            state = {name: value for row in rows for name, value in row._asdict().items() if value is not None}
            names = ", ".join(("installation_id", "device_id", *state))
            places = ", ".join("?" * (len(state) + 2))
            insert = f"INSERT INTO inverter_state ({names}) VALUES ({places}) USING TIMESTAMP ?"  # noqa: S608
            session.execute(session.prepare(insert), (*key, *state.values(), was.written + 1))
            return
