"""Numbers called to account, over a real speed job and real nights: holes, gaps, changes and three views compared.

The keyspace and the master are its own, the topics the stack's: it comes after the tests that count what is in them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from batch_layer.master.validate import validated_row
from batch_layer.nightly import nightly
from batch_layer.runs import Run
from conf import Settings
from energy.energy_row import to_us
from energy.limits import Limits
from serving_layer.app import create_app
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra, schema
from store.catalogue import Catalogue
from store.spark import session
from tests.support import batch_world as world
from tests.support import owner
from tests.support.hostile_messages import corpus
from tests.support.speed_world import Job, topic_ends

STEPS = ("archive", "clean", "totals", "publish")
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
MINUTES = timedelta(minutes=5)
HOME, NEWCOMER = "account-home", "account-newcomer"
SILENT_FROM, HEARD_AGAIN = TODAY - timedelta(days=5, hours=-6), TODAY - timedelta(days=2, hours=-10)
LAST_HOUR = TODAY - timedelta(hours=1)


def days_ago(days: int) -> datetime:
    return TODAY - timedelta(days=days)


def of_home() -> list[dict[str, Any]]:
    """An inverter at 1,200 W for six days, but for the silence: its register counts on meanwhile."""
    made = world.ramp(HOME, days_ago(6), 6 * 288 + 1, MINUTES, 1200.0)
    return [m for m in made if not world.rfc(SILENT_FROM) < m["time"] < world.rfc(HEARD_AGAIN)]


def official(known_at: datetime, wh: float, method: str) -> list[dict[str, Any]]:
    """Somebody else's hourly totals of yesterday up to 20:00."""
    hours = [days_ago(1) + timedelta(hours=n) for n in range(20)]
    return [
        {
            "installation_id": HOME,
            "meter_id": "official",
            "start": world.rfc(at),
            "end": world.rfc(at + timedelta(hours=1)),
            "generation_wh": wh,
            "method": method,
            "source": "test",
            "known_at": world.rfc(known_at),
        }
        for at in hours
    ]


class World:
    """A keyspace and a master of our own on the stack's servers, with a speed job and nights."""

    def __init__(self, settings: Settings, spark: SparkSession, job: Job) -> None:
        self.settings, self._spark, self._job = settings, spark, job
        app = create_app(settings)
        authorised = owner.bearer(app)
        self.client = TestClient(app, base_url="http://127.0.0.1", headers=authorised)

    def send(self, topic: str, messages: list[dict[str, Any]]) -> None:
        world.send(self.settings, topic, messages)
        if topic == "readings":
            self._job.follow(topic_ends(self.settings))

    def night(self, cut: datetime) -> Run:
        return nightly(self._spark, self.settings, cut.date(), report=lambda _: None, steps=STEPS)

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def energy(self, start: datetime, end: datetime, **more: str) -> list[dict[str, Any]]:
        asked = {"quantity": "generation", "from": world.rfc(start), "to": world.rfc(end)}
        return self.get(f"/v1/installations/{HOME}/energy", **asked, **more)["values"]

    def gaps(self, *states: str) -> list[tuple[str, str, str, str]]:
        asked = {"from": world.rfc(days_ago(7)), "to": world.rfc(TODAY), "state": states}
        found = self.get(f"/v1/installations/{HOME}/gaps", **asked)["gaps"]
        return [(each["start"], each["until"], each["state"], each["cause"]) for each in found]

    def alarms(self) -> set[tuple[str, datetime, datetime | None]]:
        rows = [row for row in self.cql("SELECT * FROM alarm") if row.installation_id == HOME]
        utc = timezone.utc
        return {
            (r.kind, r.raised_at.replace(tzinfo=utc), r.cleared_at and r.cleared_at.replace(tzinfo=utc)) for r in rows
        }

    def cql(self, query: str) -> list[Any]:
        opened = cassandra.connect(self.settings)
        found = list(opened.execute(query))
        opened.cluster.shutdown()
        return found

    def reconciled(self, installation: str, **more: str) -> dict[tuple[str | None, str], dict[str, Any]]:
        asked = {"from": world.rfc(days_ago(7)), "to": world.rfc(TODAY), **more}
        answer = self.get(f"/v1/installations/{installation}/reconcile", **asked)
        lines = {(line["day"], line["quantity"]): line for line in answer["days"] + answer["total"]}
        for line in lines.values():
            for each in line["compared"]:
                first, second = (mwh(line[f"{each[end]}_wh"] or 0) for end in ("first", "second"))
                assert mwh(each["difference_wh"]) == second - first
                assert sum(map(mwh, each["parts"].values())) == second - first
        return lines


def mwh(wh: float) -> int:
    return round(wh * 1000)


def total(values: list[dict[str, Any]]) -> int:
    return sum(mwh(value["energy_wh"]) for value in values)


def parts(line: dict[str, Any], second: str) -> dict[str, float]:
    (found,) = [each["parts"] for each in line["compared"] if each["second"] == second]
    return found


@pytest.fixture(scope="module")
def lived(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "accounts"}),
            "hdfs": stack.hdfs.model_copy(update={"root": "/accounts"}),
            "home": stack.home / "accounts",
        }
    )
    schema.apply_schema(settings)
    world.register(settings, HOME)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        job = Job(settings, tmp_path_factory.mktemp("accounts"))
        job.start()
        spark = session(settings, "test accounts")
        yield World(settings, spark, job)
        spark.stop()
        assert job.stop() == 0


@pytest.fixture(scope="module")
def first_night(lived: World) -> Run:
    """The device has fallen silent."""
    lived.send("readings", [m for m in of_home() if m["time"] <= world.rfc(SILENT_FROM)])
    return lived.night(days_ago(3))


@pytest.fixture(scope="module")
def second_night(lived: World, first_night: Run) -> Run:
    """It is heard again; the last hour of yesterday is still on its way. Another home's readings came unregistered."""
    lived.send("intervals", official(TODAY, 1300.0, "estimated"))
    heard = [m for m in of_home() if world.rfc(HEARD_AGAIN) <= m["time"] <= world.rfc(LAST_HOUR)]
    lived.send("readings", [*heard, *world.ramp(NEWCOMER, days_ago(2), 100, MINUTES, 600.0)])
    world.register(lived.settings, NEWCOMER)
    return lived.night(TODAY)


def test_a_silent_device_is_missed(lived: World, first_night: Run) -> None:
    assert lived.gaps("missing") == [(world.rfc(SILENT_FROM), world.rfc(days_ago(3)), "missing", "silent")]
    assert lived.alarms() == {("silent", days_ago(4), None)}
    assert lived.gaps("late") == [(world.rfc(days_ago(6)), world.rfc(SILENT_FROM), "late", "late")]


def test_a_hole_longer_than_a_day_holds_what_the_register_counted(
    lived: World, first_night: Run, second_night: Run
) -> None:
    hole = lived.energy(SILENT_FROM, HEARD_AGAIN)
    assert len(hole) == 76 * 4
    assert total(hole) == 76 * 1200 * 1000
    for value in hole:
        assert (value["method"], value["cause"], value["view"]) == ("spread", "gap", "batch")
        assert value["lower_wh"] <= value["energy_wh"] <= value["upper_wh"]
        assert value["lower_wh"] < value["upper_wh"]
    assert total(lived.energy(days_ago(6), LAST_HOUR)) == (6 * 24 - 1) * 1200 * 1000
    assert lived.alarms() == {("silent", days_ago(4), days_ago(2))}
    assert (world.rfc(SILENT_FROM), world.rfc(HEARD_AGAIN), "estimated", "gap") in lived.gaps("estimated")
    assert lived.gaps("missing") == [(world.rfc(LAST_HOUR), world.rfc(TODAY), "missing", "silent")]


def test_a_run_lists_what_it_changed(lived: World, first_night: Run, second_night: Run) -> None:
    listed = lived.get(f"/v1/runs/{second_night.run_id}/changes", installation_id=HOME)["changes"]
    changed = {(each["day"], each["quantity"]): each for each in listed}
    assert {day for day, _ in changed} == {f"{days_ago(n):%Y-%m-%d}" for n in (5, 4)}
    each = changed[f"{days_ago(5):%Y-%m-%d}", "generation"]
    assert (each["why"], each["periods"], each["before_wh"], each["after_wh"]) == ("late", 72, 0.0, 18 * 1200.0)
    then = {"as_of": world.rfc(published_at(lived, first_night))}
    assert total(lived.energy(days_ago(6), TODAY, **then)) == 30 * 1200 * 1000
    assert lived.client.get("/v1/runs/19990101T000000Z/changes").status_code == 404


def published_at(lived: World, run: Run) -> datetime:
    """A second after the run was published."""
    runs = {each["run_id"]: each["published"] for each in lived.get("/v1/runs")["runs"]}
    return datetime.fromisoformat(runs[run.run_id].replace("Z", "+00:00")) + timedelta(seconds=1)


def test_every_difference_has_its_cause(lived: World, second_night: Run) -> None:
    late = [m for m in of_home() if m["time"] > world.rfc(LAST_HOUR)]
    raised = of_home()[0]
    raised["energy_total_wh"] += 10
    lived.send("readings", [*late, raised])

    lines = lived.reconciled(HOME)
    yesterday = lines[f"{days_ago(1):%Y-%m-%d}", "generation"]
    assert (yesterday["speed_wh"], yesterday["batch_wh"], yesterday["official_wh"]) == (28_800, 27_600, 26_000)
    assert parts(yesterday, "batch") == {"late": -1200}
    assert parts(yesterday, "official") == {"gap": -3600, "estimate": 2000}
    assert parts(lines[f"{days_ago(6):%Y-%m-%d}", "generation"], "batch") == {"duplicate": 10}
    in_hole = lines[f"{days_ago(4):%Y-%m-%d}", "generation"]
    assert (in_hole["speed_wh"], parts(in_hole, "batch")) == (None, {"gap": 28_800})
    newcomer = lived.reconciled(NEWCOMER)[None, "generation"]
    assert (newcomer["speed_wh"], parts(newcomer, "batch")) == (None, {"quarantine": newcomer["batch_wh"]})

    asked = ["--installation", HOME, "--from", world.rfc(days_ago(7)), "--to", world.rfc(TODAY), "--format", "csv"]
    said = CliRunner().invoke(command_line, ["reconcile", *asked], catch_exceptions=False)
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    (row,) = [
        r for r in rows
        if (r["day"], r["quantity"], r["compared"]) == (f"{days_ago(1):%Y-%m-%d}", "generation", "batch-speed")
    ]  # fmt: skip
    assert {name: row[name] for name in ("speed_wh", "batch_wh", "official_wh", "difference_wh", "late_wh")} == {
        "speed_wh": "28800.0", "batch_wh": "27600.0", "official_wh": "26000.0", "difference_wh": "-1200.0",
        "late_wh": "-1200.0",
    }  # fmt: skip


HOSTILE = {topic: corpus(topic, NEWCOMER, days_ago(1)) for topic in ("intervals", "weather", "prices")}


@pytest.fixture(scope="module")
def third_night(lived: World, second_night: Run) -> Run:
    """Somebody has measured what was estimated, and somebody else sends what nobody should."""
    lived.send("intervals", official(TODAY + timedelta(seconds=1), 1210.0, "measured"))
    for topic, payloads in HOSTILE.items():
        world.send(lived.settings, topic, payloads)
    return lived.night(TODAY)


def test_the_next_night_makes_the_views_one_and_keeps_the_older_belief(lived: World, third_night: Run) -> None:
    lines = lived.reconciled(HOME)
    yesterday = lines[f"{days_ago(1):%Y-%m-%d}", "generation"]
    assert (yesterday["speed_wh"], yesterday["batch_wh"], yesterday["official_wh"]) == (28_800, 28_800, 24_200)
    assert parts(yesterday, "batch") == {}
    listed = lived.get(f"/v1/runs/{third_night.run_id}/changes", installation_id=HOME)["changes"]
    assert {(each["day"], each["why"]) for each in listed} == {(f"{days_ago(n):%Y-%m-%d}", "late") for n in (6, 1)}
    before = lived.reconciled(HOME, as_of=world.rfc(TODAY))
    beliefs = [row for row in lived.cql("SELECT * FROM official") if row.installation_id == HOME]
    assert {(b.method, b.generation_wh) for b in beliefs} == {("estimated", 1300.0), ("measured", 1210.0)}
    assert before[f"{days_ago(1):%Y-%m-%d}", "generation"]["official_wh"] == 26_000


def test_a_night_takes_or_refuses_each_hostile_message(lived: World, third_night: Run) -> None:
    catalogue = Catalogue(frozenset({HOME, NEWCOMER}), limits=dict.fromkeys((HOME, NEWCOMER), Limits(5.0)))
    now = datetime.now(timezone.utc)
    archived = third_night.finished["archive"]
    for topic, payloads in HOSTILE.items():
        messages = (
            {"partition": 0, "offset": 0, "received_us": to_us(now), "value": payload, "size": len(payload)}
            | {"is_replayed": False, "writer": None, "signature": None}
            for payload in payloads
        )
        refused = sum("reason" in validated_row(topic, catalogue, message) for message in messages)
        extra = 20 if topic == "intervals" else 0
        received = archived[f"{topic}_received"]
        assert (received, archived[f"{topic}_quarantined"]) == (len(payloads) + extra, refused)
        assert received == refused + archived[f"{topic}_accepted"] + archived[f"{topic}_duplicate"]


def test_a_supply_in_whole_kwh_is_known_by_its_month_however_little_is_asked(lived: World, third_night: Run) -> None:
    """Thirty hours of 1 kWh are stated, and one of them is compared, of which the batch view has 1,360 Wh."""
    supply, begin = "account-supply", (TODAY.replace(day=1) - timedelta(days=40)).replace(day=1)
    world.register(lived.settings, supply)
    key = f"'{supply}', '{begin:%Y-%m-%d}'"
    for number in range(30):
        at, end = (world.rfc(begin + timedelta(hours=hours)) for hours in (number, number + 1))
        lived.cql(
            "INSERT INTO official (installation_id, month, start, meter_id, end, source, known_at, method, import_wh) "  # noqa: S608
            f"VALUES ({key}, '{at}', 'm', '{end}', 'test', '{world.rfc(TODAY)}', 'measured', 1000)"
        )
    for number in range(4):
        at = world.rfc(begin + number * timedelta(minutes=15))
        lived.cql(
            "INSERT INTO energy_batch (installation_id, month, quantity, start, run_id, energy_wh, completeness, "  # noqa: S608
            f"method) VALUES ({key}, 'import', '{at}', '{third_night.run_id}', 340, 1, 'measured')"
        )
    hour = {"from": world.rfc(begin), "to": world.rfc(begin + timedelta(hours=1))}
    line = lived.reconciled(supply, **hour)[None, "import"]
    assert (line["batch_wh"], line["official_wh"]) == (1360, 1000)
    assert parts(line, "official") == {"resolution": -360}
