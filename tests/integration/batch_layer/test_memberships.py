"""A home that moves between communities counts in each while it belongs, in both layers and in what REST answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from conf import Settings
from serving_layer.app import create_app
from stack.commands.bring.register import register
from store import cassandra
from store.instants import months
from tests.support import batch_world as world
from tests.support import owner
from tests.support.speed_world import Job, topic_ends

STEPS = ("archive", "clean", "totals", "publish")
CUT = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = CUT - timedelta(days=2)
"""Within the 40 days that the speed view is kept."""
MOVER, STAYS, VALLEY, HILL = "member-a", "member-b", "member-valley", "member-hill"
GROWS = "member-c"
QUARTER = timedelta(minutes=15)
QUARTER_WH = 225.0
"""What the homes' 900 W are in a quarter-hour: the plain sum."""
LEFT, JOINED = FIRST + timedelta(hours=12), FIRST + timedelta(hours=18)
EARLY, LATE = FIRST + 23 * QUARTER, FIRST + 79 * QUARTER
"""When 1.5 kWh more come in a quarter-hour: too much for 2 kW, and not for 20 kW."""


def stated(folder: Path, *entries: dict[str, Any]) -> None:
    """Register ``entries`` by the command."""
    path = folder / "homes.json"
    path.write_text(json.dumps(entries))
    register(path)


def night(spark: SparkSession, settings: Settings) -> str:
    return nightly(spark, settings, CUT.date(), report=lambda _: None, steps=STEPS).run_id


def quarters(*homes_from: tuple[datetime, int]) -> dict[datetime, float]:
    """The plain sum: from each instant on that many homes, none again for 0, up to the second day's end."""
    found: dict[datetime, float] = {}
    edges = [*homes_from, (FIRST + timedelta(days=2), 0)]
    for (start, homes), (end, _) in pairwise(edges):
        while start < end:
            if homes:
                found[start] = homes * QUARTER_WH
            start += QUARTER
    return found


def speed(settings: Settings, name: str) -> dict[datetime, float]:
    """Of each quarter-hour the Wh, none of which is incomplete."""
    with cassandra.session(settings) as cql:
        query = (
            "SELECT start, energy_wh, completeness FROM energy_speed "
            "WHERE installation_id = %s AND month = %s AND quantity = 'generation'"
        )
        rows = [row for month in months(FIRST, CUT) for row in cql.execute(query, (name, month))]
    assert {row.completeness for row in rows} <= {1.0}
    return {row.start.replace(tzinfo=timezone.utc): row.energy_wh for row in rows}


def batch(settings: Settings, name: str, as_of: str = "~") -> dict[datetime, float]:
    """The same up to the run ``as_of``, without the periods that were withdrawn."""
    rows = world.rows(settings, name, as_of)
    held = {
        start: value for (quantity, start), value in rows.items() if quantity == "generation" and value[0] is not None
    }
    assert {completeness for _, completeness, *_ in held.values()} <= {1.0}
    return {start: wh for start, (wh, *_) in held.items()}


def both(settings: Settings, name: str) -> dict[datetime, float]:
    found = speed(settings, name)
    assert batch(settings, name) == found
    return found


@pytest.fixture(scope="module")
def lived_in(own_stack: Settings, job: Job, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two homes in the valley ever since, two days of readings, one alone that rises twice, and a night; its run."""
    homes = [{"installation_id": home, "kind": "home", "time_zone": "Europe/Madrid"} for home in (MOVER, STAYS)]
    villages = [{"installation_id": name, "kind": "community"} for name in (VALLEY, HILL)]
    entries = [each | {"community_id": VALLEY, "capacity_kw": 5} for each in homes]
    stated(
        tmp_path_factory.mktemp("first"), *villages, *entries, homes[0] | {"installation_id": GROWS, "capacity_kw": 20}
    )
    for home in (MOVER, STAYS):
        world.send(own_stack, "readings", world.ramp(home, FIRST, 2 * 96 + 1, QUARTER, 900.0))
    rising = list(world.ramp(GROWS, FIRST, 97, QUARTER, 900.0))
    for number, each in enumerate(rising):
        each["energy_total_wh"] += 1500.0 * ((number >= 24) + (number >= 80))
    world.send(own_stack, "readings", rising)
    job.follow(topic_ends(own_stack))
    run_id = night(spark, own_stack)
    assert both(own_stack, VALLEY) == quarters((FIRST, 2))
    assert both(own_stack, HILL) == {}
    assert both(own_stack, GROWS)[EARLY] == both(own_stack, GROWS)[LATE] == QUARTER_WH + 1500.0
    return run_id


@pytest.fixture(scope="module")
def restated(own_stack: Settings, spark: SparkSession, lived_in: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another past of one home's memberships and of another's capacity, and the next night; its run."""
    moved = [{"community_id": HILL, "from": world.rfc(JOINED)}, {"community_id": VALLEY, "to": world.rfc(LEFT)}]
    sizes = [{"capacity_kw": 2, "to": world.rfc(LEFT)}, {"capacity_kw": 20, "from": world.rfc(LEFT)}]
    stated(
        tmp_path_factory.mktemp("second"),
        {"installation_id": MOVER, "memberships": moved},
        {"installation_id": GROWS, "capacities": sizes},
    )
    assert speed(own_stack, VALLEY) == quarters((FIRST, 2), (LEFT, 1))
    assert speed(own_stack, HILL) == quarters((JOINED, 1))
    assert speed(own_stack, GROWS)[EARLY] < 1000.0
    return night(spark, own_stack)


def test_who_moved_counts_in_each_while_it_belonged(own_stack: Settings, lived_in: str, restated: str) -> None:
    assert both(own_stack, VALLEY) == quarters((FIRST, 2), (LEFT, 1))
    assert both(own_stack, HILL) == quarters((JOINED, 1))
    assert both(own_stack, MOVER) == quarters((FIRST, 1))
    assert batch(own_stack, VALLEY, as_of=lived_in) == quarters((FIRST, 2))
    with cassandra.session(own_stack) as cql:
        changes = cql.execute("SELECT * FROM change WHERE run_id = %s AND installation_id = %s", (restated, VALLEY))
        assert {row.why for row in changes} == {"corrected"}
        asked = {row.installation_id: row.run_id for row in cql.execute("SELECT * FROM recount")}
    assert asked == {VALLEY: restated, HILL: restated, GROWS: restated}


def test_a_rise_counts_as_far_as_the_plant_could_give_it_then(
    own_stack: Settings, lived_in: str, restated: str
) -> None:
    before, after = batch(own_stack, GROWS, as_of=lived_in), both(own_stack, GROWS)
    assert {at: wh for at, wh in after.items() if at != EARLY} == {at: wh for at, wh in before.items() if at != EARLY}
    assert after[EARLY] < 1000.0


def test_rest_says_when_it_belonged_and_gives_the_same_sums(own_stack: Settings, restated: str) -> None:
    app = create_app(own_stack)
    span = f"from={world.rfc(FIRST)}&to={world.rfc(CUT)}"
    with owner.client(app) as on:
        known = {each["installation_id"]: each for each in on.get("/v1/installations").json()["installations"]}
        energy = {
            name: on.get(f"/v1/installations/{name}/energy?quantity=generation&{span}").json()["values"]
            for name in (VALLEY, HILL)
        }
        compared = on.get(f"/v1/installations/{HILL}/reconcile?{span}").json()
    assert known[MOVER]["community_id"] == HILL
    assert known[MOVER]["capacities"] == [{"capacity_kw": 5.0, "from": None, "to": None}]
    assert known[MOVER]["memberships"] == [
        {"community_id": VALLEY, "from": None, "to": world.rfc(LEFT)},
        {"community_id": HILL, "from": world.rfc(JOINED), "to": None},
    ]
    of_rest = {name: {each["start"]: each["energy_wh"] for each in values} for name, values in energy.items()}
    for name in (VALLEY, HILL):
        assert of_rest[name] == {world.rfc(start): wh for start, wh in both(own_stack, name).items()}
    (total,) = (line for line in compared["total"] if line["quantity"] == "generation")
    assert total["speed_wh"] == total["batch_wh"] == sum(quarters((JOINED, 1)).values())


def test_who_leaves_leaves_the_past_as_it_was_and_who_never_belonged_is_taken_out_of_the_sums(
    own_stack: Settings, spark: SparkSession, restated: str, tmp_path: Path
) -> None:
    before = {name: speed(own_stack, name) for name in (VALLEY, HILL)}
    stated(tmp_path, {"installation_id": MOVER, "community_id": None})
    assert {name: speed(own_stack, name) for name in (VALLEY, HILL)} == before
    stated(tmp_path, {"installation_id": MOVER, "memberships": [{"community_id": VALLEY}]})
    night(spark, own_stack)
    assert both(own_stack, VALLEY) == quarters((FIRST, 2))
    assert both(own_stack, HILL) == {}
