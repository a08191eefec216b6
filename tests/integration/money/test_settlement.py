"""An agreement is kept, nights settle it, and REST and the command line say what the plain functions do."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from batch_layer.nightly import nightly
from batch_layer.runs import Run
from conf import Settings
from energy.calendar import MADRID
from energy.money.community.agreement import Version, agreement
from energy.money.market import Market
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from serving_layer.app import create_app
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra, schema
from store.spark import session
from tests.support import batch_world as world
from tests.support import owner
from tests.support.money.bills import AGREED, HOME
from tests.support.money.settlement import Community, plainly

STEPS = ("archive", "clean", "totals", "settle", "publish")
MONTH = date(2026, 2, 1)
START = datetime(2026, 1, 31, 23, tzinfo=timezone.utc)
HOURS = 28 * 24
HOUR = timedelta(hours=1)
MEMBERS = ("ana", "bea")
AGREEMENT = "generation: roof\nversions:\n  - {from: 2026-02-01, coefficients: {ana: 0.4, bea: 0.6}}\n"
CORRECTED = START + 300 * HOUR


def plain(more_wh: float = 0.0) -> Community:
    """The same community as the plain functions take it; ``more_wh`` is what ana used more in the corrected hour."""
    generation: dict[datetime, int] = {}
    uses: dict[str, dict[datetime, int]] = {member: {} for member in MEMBERS}
    for n in range(HOURS):
        generation[START + n * HOUR] = round(((n * 37 % 900) + 0.125) * 1000)
        for member in MEMBERS:
            uses[member][START + n * HOUR] = round(((n * 53 % 700) + 40.5) * 1000)
    uses["ana"][CORRECTED] += round(more_wh * 1000)
    of = agreement([Version(MONTH, {"ana": 400_000, "bea": 600_000})], MADRID, "consecutive")
    return Community(of, generation, uses, {member: [HOME | {"compensation": AGREED}] for member in MEMBERS})


@pytest.fixture(scope="module")
def served(stack: Settings) -> Settings:
    """The stack with a keyspace and a master of our own, and a month's intervals in its topic."""
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "settled"}),
            "hdfs": stack.hdfs.model_copy(update={"root": "/settled"}),
            "home": stack.home / "settled",
        }
    )
    schema.apply_schema(settings)
    homes: list[dict[str, Any]] = [{"installation_id": "valle", "kind": "community"}]
    homes += [
        {"installation_id": member, "community_id": "valle", "contracts": [HOME | {"compensation": AGREED}]}
        for member in MEMBERS
    ]
    with cassandra.session(settings) as running:
        entries = parse_catalogue([*homes, {"installation_id": "roof"}, {"installation_id": "other"}])
        write_catalogue(running, entries, datetime.now(timezone.utc))
    for installation in (*MEMBERS, "roof"):
        world.send(settings, "intervals", world.hours(installation, START, HOURS))
    return settings


@pytest.fixture(scope="module")
def spark(served: Settings) -> Iterator[SparkSession]:
    running = session(served, "test settlement")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(served: Settings) -> Iterator[TestClient]:
    with owner.client(create_app(served)) as client:
        yield client


def corrected() -> dict[str, Any]:
    """A later statement of the corrected hour: ana used 5 kWh more, all from the grid."""
    known_at = datetime(2026, 3, 11, 12, tzinfo=timezone.utc)
    return world.used_more("ana", START, (CORRECTED - START) // HOUR, known_at)


def counted(run: Run) -> dict[str, int]:
    """What the step has done, apart from how long it took."""
    return {name: count for name, count in run.finished["settle"].items() if name != "settle_seconds"}


def say(served: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(command_line, list(words))
    return said.exit_code, said.output


def lines_of(served: Settings, member: str) -> list[tuple[Any, ...]]:
    """The lines of a member's bill as the night has written them."""
    with cassandra.session(served) as running:
        found = running.execute("SELECT * FROM bill_line WHERE installation_id = %s", (member,))
    plain = [(row.kind, row.period, None if row.quantity is None else float(row.quantity), row.eur) for row in found]
    return [(*said, float(eur)) for *said, eur in plain]


def expected(member: str, of: Community) -> dict[str, Any]:
    found = plainly(of, MONTH, Market({}))[member]
    sums = [sum(each[n] or 0 for each in found.hours.values()) / 1000 for n in range(4)]
    names = ("assigned_wh", "self_consumed_wh", "surplus_wh", "grid_wh")
    return dict(zip(names, sums, strict=True)) | {"total_eur": float(found.total), "saving_eur": float(found.saving)}


@pytest.mark.timeout(1800)
def test_from_the_agreement_to_the_member(
    served: Settings, spark: SparkSession, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "valle.yaml"
    asked = ("community", "agree", "--community", "valle", "--agreement", str(path))
    path.write_text(AGREEMENT.replace("bea", "other"))
    code, said = say(served, monkeypatch, *asked)
    assert (code, "other is no member of valle" in said) == (1, True)
    path.write_text(AGREEMENT)
    assert say(served, monkeypatch, *asked)[0] == 0
    first = nightly(spark, served, date(2026, 3, 1), report=lambda _: None, steps=STEPS)
    # March has begun in Madrid before the cut, and nothing of it is known.
    assert counted(first) == {"settled_months": 4, "billed_months": 2, "corrected_hours": 0}

    of = plain()
    months = {}
    for member in MEMBERS:
        found = client.get(f"/v1/installations/{member}/settlement", params={"month": "2026-02"}).json()
        (months[member],) = found["months"]
        assert {name: months[member][name] for name in expected(member, of)} == expected(member, of)
        assert (months[member]["known_hours"], months[member]["changes"]) == (HOURS, [])
        shown = plainly(of, MONTH, Market({}))[member].hours
        assert [(hour["start"], round(hour["assigned_wh"] * 1000)) for hour in found["hours"]] == [
            (world.rfc(start), each.assigned) for start, each in shown.items()
        ]
        bill = client.get(f"/v1/installations/{member}/bills", params={"month": "2026-02", "shared": True}).json()
        assert (bill["total_eur"], bill["saving_eur"]) == (months[member]["total_eur"], months[member]["saving_eur"])
        assert lines_of(served, member) == [
            (line["kind"], line["period"], line["quantity"], line["eur"])
            for line in (*bill["lines"], *bill["cases"][0]["taxes"])
        ]
        assert months[member]["estimated_hours"] == 0
    together = client.get("/v1/communities/valle/settlement", params={"month": "2026-02"}).json()
    assert [row["installation_id"] for row in together["members"]] == list(MEMBERS)
    assert together["total"]["assigned_wh"] == sum(of.generation.values()) / 1000
    assert together["total"]["total_eur"] == pytest.approx(sum(row["total_eur"] for row in months.values()), abs=1e-9)

    world.send(served, "intervals", [corrected()])
    second = nightly(spark, served, date(2026, 3, 2), report=lambda _: None, steps=STEPS)
    assert counted(second) == {"settled_months": 1, "billed_months": 1, "corrected_hours": 1}
    (month,) = client.get("/v1/installations/ana/settlement", params={"month": "2026-02"}).json()["months"]
    assert {name: month[name] for name in expected("ana", plain(5000.0))} == expected("ana", plain(5000.0))
    (change,) = month["changes"]
    assert (change["why"], change["changed_hours"], change["run_id"]) == ("use", 1, second.run_id)
    assert (change["before_eur"], change["after_eur"]) == (months["ana"]["total_eur"], month["total_eur"])

    code, said = say(served, monkeypatch, "settlement", "--community", "valle", "--month", "2026-02", "--format", "csv")
    assert code == 0, said
    rows = {row["installation_id"]: row for row in csv.DictReader(io.StringIO(said))}
    assert list(rows) == [*MEMBERS, "total"]
    assert float(rows["ana"]["total_eur"]) == month["total_eur"]
    code, said = say(served, monkeypatch, "settlement", "--installation", "ana", "--changes", "--format", "csv")
    assert next(csv.DictReader(io.StringIO(said)))["why"] == "use"
    assert say(served, monkeypatch, "settlement", "--community", "valle")[0] != 0


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/v1/communities/ana/settlement?month=2026-02", 422, "is no community"),
        ("/v1/communities/nobody/settlement?month=2026-02", 404, "There is no installation"),
        ("/v1/installations/ana/settlement?month=2026-13", 422, "is no day"),
        ("/v1/installations/other/bills?month=2026-02&shared=true", 422, "no contract"),
    ],
)
def test_what_is_not_settled_says_why(client: TestClient, path: str, status: int, said: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)


def test_only_who_has_the_token_sees_a_share(client: TestClient) -> None:
    for path in ("/v1/installations/ana/settlement", "/v1/communities/valle/settlement?month=2026-02"):
        assert client.get(path, headers={"Authorization": "Bearer no"}).status_code == 401
