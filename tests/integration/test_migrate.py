"""Rows of an older version move to the tables of this one, whole, also when it is killed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from conf import Settings
from store import cassandra, schema
from store.schema import SchemaOutdated

NOON = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
WRITTEN = round(NOON.timestamp() * 1_000_000)
OLD = (
    "CREATE TABLE reading_by_day (device_id text, day date, time timestamp, installation_id text, device_kind text, "
    "source text, ac_power_w double, energy_total_wh double, kafka_partition int, kafka_offset bigint, "
    "PRIMARY KEY ((device_id, day), time)) WITH default_time_to_live = 3456000",
    "CREATE TABLE alarm (installation_id text, day date, raised_at timestamp, device_id text, kind text, text text, "
    "cleared_at timestamp, PRIMARY KEY ((installation_id, day), raised_at, device_id, kind)) "
    "WITH CLUSTERING ORDER BY (raised_at DESC)",
    "CREATE TABLE quarantine (topic text, day date, kafka_partition int, kafka_offset bigint, received_at timestamp, "
    "reason text, payload blob, payload_bytes bigint, PRIMARY KEY ((topic, day), kafka_partition, kafka_offset))",
    "CREATE TABLE price (market text, zone text, day date, start timestamp, known_at timestamp, end timestamp, "
    "price_eur_mwh double, provider text, kind text, PRIMARY KEY ((market, zone, day), start, known_at))",
    "CREATE TABLE installation (installation_id text PRIMARY KEY, name text, kind text, latitude double, "
    "longitude double, time_zone text, capacity_kw double, tilt_deg double, azimuth_deg double, "
    "municipality_code text, community_id text, cups text, cau text, tariff text)",
    "CREATE TABLE agreement (community_id text, since date, installation_id text, year int, betas frozen<list<int>>, "
    "generation text, hours text, time_zone text, PRIMARY KEY ((community_id), since, installation_id, year))",
    "CREATE TABLE run (name text, run_id text, started timestamp, published timestamp, cut timestamp, "
    "issued_at timestamp, counts map<text, bigint>, skill map<text, double>, PRIMARY KEY ((name), run_id))",
)


@pytest.fixture
def older(stack: Settings) -> Iterator[Settings]:
    """A keyspace of version 1 with 300 readings of two homes and three alarms."""
    named = stack.cassandra.model_copy(update={"keyspace": "older"})
    settings = stack.model_copy(update={"cassandra": named})
    with cassandra.session(stack, keyspace=None) as session:
        session.execute("DROP KEYSPACE IF EXISTS older", timeout=60)
        session.execute("CREATE KEYSPACE older WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        session.set_keyspace("older")
        for statement in OLD:
            session.execute(statement, timeout=60)
        reading = session.prepare(
            "INSERT INTO reading_by_day (device_id, day, time, installation_id, device_kind, energy_total_wh) "
            "VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
        )
        for home in ("a", "b"):
            for n in range(150):
                at = NOON + timedelta(minutes=n)
                row = (f"{home}-inverter", at.date(), at, home, "inverter", 1000.0 + n, WRITTEN + 60_000_000 * n)
                session.execute(reading, row)
        for device, cleared in (("a-inverter", None), ("b-inverter", NOON + timedelta(days=1)), ("", None)):
            session.execute(
                "INSERT INTO alarm (installation_id, day, raised_at, device_id, kind, text, cleared_at) "
                "VALUES ('a', %s, %s, %s, 'silent', 'silent', %s)",
                (NOON.date(), NOON, device, cleared),
            )
        for home, community, kw in (("a", "c", 5.0), ("b", "c", None), ("c", None, 12.0), ("d", None, None)):
            session.execute(
                "INSERT INTO installation (installation_id, community_id, capacity_kw) VALUES (%s, %s, %s)",
                (home, community, kw),
            )
        session.execute(
            "INSERT INTO quarantine (topic, day, kafka_partition, kafka_offset, received_at, reason) "
            "VALUES ('prices', %s, 1, 2, %s, 'not JSON')",
            (NOON.date(), NOON),
        )
        session.execute(
            "INSERT INTO price (market, zone, day, start, known_at, price_eur_mwh) "
            "VALUES ('spot', 'ES', %s, %s, %s, 5.0)",
            (NOON.date(), NOON, NOON),
        )
        for home, beta in (("a", 400_000), ("b", 600_000)):
            session.execute(
                "INSERT INTO agreement (community_id, since, installation_id, year, betas, generation, hours, "
                "time_zone) VALUES ('c', '2026-01-01', %s, 0, %s, 'c', 'consecutive', 'Europe/Madrid')",
                (home, [beta]),
            )
    yield settings
    with cassandra.session(stack, keyspace=None) as session:
        session.execute("DROP KEYSPACE older", timeout=60)


def readings(settings: Settings) -> dict[tuple[str, str, date], list[tuple[Any, ...]]]:
    with cassandra.session(settings) as session:
        rows = session.execute(
            "SELECT installation_id, device_id, day, time, energy_total_wh, WRITETIME(device_kind) AS at, "
            "TTL(device_kind) AS rest FROM reading_by_day"
        )
        found: dict[tuple[str, str, date], list[tuple[Any, ...]]] = {}
        for row in rows:
            assert 0 < row.rest <= 40 * 86_400
            value = (row.time, row.energy_total_wh, row.at)
            found.setdefault((row.installation_id, row.device_id, row.day.date()), []).append(value)
    return found


def test_old_tables_are_refused_and_moved(older: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.apply_schema(older)
    with cassandra.session(older) as session, pytest.raises(SchemaOutdated, match="run `solera migrate`"):
        schema.check(session)
    before = readings(older)

    copied = schema._copy
    # Killed before the first copy, then after each but the last: two of each of the five tables.
    for kills in (0, *[1] * 9):
        calls = 0

        def dying(*given: Any, kills: int = kills) -> int:
            nonlocal calls
            calls += 1
            if calls > kills:
                raise KeyboardInterrupt
            return copied(*given)

        with monkeypatch.context() as patch:
            patch.setattr(schema, "_copy", dying)
            with pytest.raises(KeyboardInterrupt):
                schema.migrate(older, lambda _: None)
        with cassandra.session(older) as session, pytest.raises(SchemaOutdated):
            schema.check(session)

    schema.migrate(older, lambda _: None)
    assert schema.migrate(older, lambda _: None) == 0
    assert readings(older) == before
    assert sum(map(len, before.values())) == 300
    with cassandra.session(older) as session:
        schema.check(session)
        alarms = {
            (row.state, row.device_id)
            for row in session.execute("SELECT * FROM alarm WHERE layer = 'batch' ALLOW FILTERING")
        }
        belong = sorted(
            map(tuple, session.execute("SELECT installation_id, start, until, community_id FROM membership"))
        )
        sized = sorted(map(tuple, session.execute("SELECT installation_id, start, until, capacity_kw FROM capacity")))
        (refused,) = session.execute("SELECT kafka_partition, kafka_offset, received_at, reason FROM quarantine")
        (price,) = session.execute("SELECT start, end, provider, price_eur_mwh FROM price")
        shared = list(session.execute("SELECT kept_at, holds, since, installation_id, betas FROM agreement"))
    at = NOON.replace(tzinfo=None)
    assert tuple(refused) == (1, 2, at, "not JSON")
    assert tuple(price) == (at, at + timedelta(hours=1), "", 5.0)
    ever = datetime(1970, 1, 1)  # noqa: DTZ001 - as Cassandra's driver returns it
    assert [(row.kept_at, row.holds, str(row.since), row.installation_id, row.betas) for row in shared] == [
        (ever, ever, "2026-01-01", "a", [400_000]), (ever, ever, "2026-01-01", "b", [600_000]),
    ]  # fmt: skip
    assert belong == [("a", ever, None, "c"), ("b", ever, None, "c")]
    assert sized == [("a", ever, None, 5.0), ("c", ever, None, 12.0)]
    month = f"{NOON:%Y-%m}"
    assert alarms == {
        *((month, device) for device in ("a-inverter", "b-inverter", "")),
        *(("standing", device) for device in ("a-inverter", "")),
    }


def test_a_new_keyspace_is_of_this_version(stack: Settings) -> None:
    with cassandra.session(stack) as session:
        schema.check(session)
