"""Wrong readings are taken back on real servers: both views then say what a plain sum of the right ones says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from conf import Settings
from stack.commands.operate.retract import Unregistered, take_back
from store import cassandra, lock
from store.history.retraction import Retraction
from tests.support import batch_world as world
from tests.support.speed_world import Job, topic_ends

STEPS = ("archive", "clean", "totals", "publish")
FIRST = world.CUT - timedelta(days=2)
STEP = timedelta(minutes=5)
HOME, OTHER, TOGETHER = "retract-a", "retract-b", "retract-c"
BEGIN, END = FIRST + timedelta(hours=10), FIRST + timedelta(hours=14)
QUARTER_WH = 225.0
"""What the homes' 900 W are in a quarter-hour: the plain sum."""
QUARTERS = {FIRST + n * timedelta(minutes=15) for n in range(96)}


def right(home: str) -> list[dict[str, Any]]:
    return list(world.ramp(home, FIRST, 289, STEP, 900.0))


def within(readings: list[dict[str, Any]], start: datetime, end: datetime) -> list[dict[str, Any]]:
    return [each for each in readings if world.rfc(start) <= each["time"] < world.rfc(end)]


def wrong(readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same instants at twice the power, as of a meter that was set to another installation's plant."""
    return [
        {**each, "ac_power_w": 1800.0, "energy_total_wh": each["energy_total_wh"] + 75.0 * n, "voltage_v": 400.0}
        for n, each in enumerate(readings, start=1)
    ]


def night(spark: SparkSession, settings: Settings) -> str:
    return nightly(spark, settings, world.CUT.date(), report=lambda _: None, steps=STEPS).run_id


def sent(settings: Settings, job: Job, readings: list[dict[str, Any]]) -> None:
    world.send(settings, "readings", readings)
    job.follow(topic_ends(settings))


def retraction(start: datetime, until: datetime, home: str = HOME, **more: Any) -> Retraction:
    now = datetime.now(timezone.utc)
    made = Retraction(home, now.replace(microsecond=now.microsecond // 1000 * 1000), "readings", None, start, until)
    return made._replace(**more)


def taken_back(spark: SparkSession, settings: Settings, of: Retraction) -> list[str]:
    said: list[str] = []
    take_back(spark, settings, of, said.append)
    return said


def speed(settings: Settings, home: str) -> dict[datetime, float]:
    """Generation of the speed view in Wh by quarter-hour."""
    with cassandra.session(settings) as cql:
        rows = cql.execute(
            "SELECT start, energy_wh FROM energy_speed WHERE installation_id = %s AND month = %s AND quantity = %s",
            (home, FIRST.date().replace(day=1), "generation"),
        )
        return {row.start.replace(tzinfo=timezone.utc): row.energy_wh for row in rows}


def state(settings: Settings) -> Any:
    with cassandra.session(settings) as cql:
        return cql.execute("SELECT time, voltage_v FROM inverter_state WHERE installation_id = %s", (HOME,)).one()


def batch(settings: Settings, home: str) -> dict[datetime, float]:
    return {start: wh for (q, start), wh in world.published(settings, home).items() if q == "generation"}


def plain(of_homes: int = 1) -> dict[datetime, float]:
    return dict.fromkeys(QUARTERS, QUARTER_WH * of_homes)


def registers(settings: Settings) -> dict[str, float]:
    with cassandra.session(settings) as cql:
        rows = cql.execute(
            "SELECT time, energy_total_wh FROM reading_by_day "
            "WHERE installation_id = %s AND device_id = %s AND day = %s",
            (HOME, f"{HOME}-inverter", FIRST.date()),
        )
        return {world.rfc(row.time): row.energy_total_wh for row in rows}


def test_wrong_readings_go_from_both_views_and_what_was_said_before_stays(
    own_stack: Settings, job: Job, spark: SparkSession
) -> None:
    world.register(own_stack, HOME, OTHER, community=TOGETHER)
    mine = right(HOME)
    bad = wrong(within(mine, BEGIN, END))
    instants = {each["time"] for each in bad}
    sent(own_stack, job, [each for each in mine if each["time"] not in instants] + bad + right(OTHER))
    first = night(spark, own_stack)
    said = world.rows(own_stack, HOME)
    assert batch(own_stack, HOME) == speed(own_stack, HOME) != plain()
    # Not archived yet: the archive meets it after the retraction.
    more = wrong(within(mine, END, END + timedelta(hours=1)))
    sent(own_stack, job, more)

    before = state(own_stack)

    told = taken_back(spark, own_stack, retraction(BEGIN, END + timedelta(hours=1)))

    assert before.voltage_v == 400
    assert state(own_stack) == (before.time, None)
    assert f"HDFS master/readings: {len(bad) + len(more)} removed" in told
    assert f"Cassandra reading_by_day: {len(bad) + len(more)} removed" in told
    assert speed(own_stack, HOME) == plain()
    assert speed(own_stack, TOGETHER) == plain(2)
    second = night(spark, own_stack)
    assert batch(own_stack, HOME) == plain()
    assert batch(own_stack, TOGETHER) == plain(2)
    assert batch(own_stack, OTHER) == plain()
    assert world.rows(own_stack, HOME, as_of=first) == said
    with cassandra.session(own_stack) as cql:
        changes = list(cql.execute("SELECT * FROM change WHERE run_id = %s AND installation_id = %s", (second, HOME)))
        noted = cql.execute("SELECT * FROM retraction WHERE installation_id = %s", (HOME,)).one()
        ledger = cql.execute("SELECT quarantined FROM ingest_ledger WHERE topic = 'readings' AND layer = 'batch'")
        assert sum(row.quarantined for row in ledger) == len(more)
    assert {row.why for row in changes} == {"corrected"}
    assert noted.run_id == second
    assert noted.removed_at is not None


def test_right_readings_of_the_same_instants_count_though_they_are_lower(
    own_stack: Settings, job: Job, spark: SparkSession
) -> None:
    good = within(right(HOME), BEGIN, END + timedelta(hours=1))
    sent(own_stack, job, good)

    night(spark, own_stack)
    assert speed(own_stack, HOME) == batch(own_stack, HOME) == plain()
    methods = {key: row[2] for key, row in world.rows(own_stack, HOME).items() if key[0] == "generation"}
    assert set(methods.values()) == {"measured"}
    assert {at: wh for at, wh in registers(own_stack).items() if at in {each["time"] for each in good}} == {
        each["time"]: each["energy_total_wh"] for each in good
    }


def test_taken_back_once_more_the_second_correction_counts(own_stack: Settings, job: Job, spark: SparkSession) -> None:
    good = within(right(HOME), BEGIN, END)
    taken_back(spark, own_stack, retraction(BEGIN, END, device_id=f"{HOME}-inverter"))
    lower = [{**each, "energy_total_wh": each["energy_total_wh"] - 0.5} for each in good]
    sent(own_stack, job, lower)
    night(spark, own_stack)
    assert {at: wh for at, wh in registers(own_stack).items() if at in {each["time"] for each in good}} == {
        each["time"]: each["energy_total_wh"] for each in lower
    }
    assert speed(own_stack, HOME) == batch(own_stack, HOME)
    assert sum(batch(own_stack, HOME).values()) == pytest.approx(sum(plain().values()))


def test_the_latest_state_is_that_of_the_readings_left(own_stack: Settings, job: Job, spark: SparkSession) -> None:
    last = right(HOME)[-1]
    cut = FIRST + timedelta(hours=23)
    taken_back(spark, own_stack, retraction(cut, FIRST + timedelta(days=2)))
    with cassandra.session(own_stack) as cql:
        state = cql.execute("SELECT * FROM inverter_state WHERE installation_id = %s", (HOME,)).one()
    before = within(right(HOME), FIRST, cut)[-1]
    assert world.rfc(state.time) == before["time"] < last["time"]
    assert state.energy_total_wh == before["energy_total_wh"]
    night(spark, own_stack)
    kept = {start for start in QUARTERS if start < cut}
    assert set(batch_values(own_stack)) == set(speed(own_stack, HOME)) == kept


def batch_values(settings: Settings) -> dict[datetime, float]:
    """Without the periods that were withdrawn."""
    return {start: wh for start, wh in batch(settings, HOME).items() if wh is not None}


def test_intervals_go_too_and_one_meter_alone_where_it_is_named(own_stack: Settings, spark: SparkSession) -> None:
    world.send(own_stack, "intervals", world.hours(OTHER, FIRST, 24))
    night(spark, own_stack)
    of = retraction(FIRST, FIRST + timedelta(hours=6), OTHER, topic="intervals", device_id=f"{OTHER}-official")
    told = taken_back(spark, own_stack, of)
    assert "HDFS master/intervals: 6 removed" in told
    assert "Cassandra official: 6 removed" in told
    night(spark, own_stack)
    with cassandra.session(own_stack) as cql:
        left = cql.execute("SELECT start FROM official WHERE installation_id = %s ALLOW FILTERING", (OTHER,))
        assert sorted(row.start.hour for row in left) == list(range(6, 24))


def test_a_night_at_work_and_a_name_that_nobody_bears_refuse_it(own_stack: Settings, spark: SparkSession) -> None:
    with lock.held(spark, own_stack.hdfs_path("night.lock"), "A night"), pytest.raises(lock.Locked):
        taken_back(spark, own_stack, retraction(BEGIN, END))
    with pytest.raises(Unregistered, match="no installation nobody"):
        taken_back(spark, own_stack, retraction(BEGIN, END, "nobody"))
