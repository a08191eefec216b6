"""``solera export postgres`` into a real PostgreSQL: the merged energy, and later what has changed of it."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cassandra.cluster import Session
from typer.testing import CliRunner

from conf import Settings
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra
from store.schema import apply_schema
from tests.support import serving_rows as rows
from tests.support.analysts.world import Clock
from tests.support.peers.modbus_device import free_port
from tests.support.peers.postgres import PASSWORD, binaries, postgres

NEWEST = "20260103T000000Z"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with postgres(free_port()) as found:
        yield found


@pytest.fixture(scope="module")
def exported(stack: Settings, clock: Clock) -> Settings:
    """A keyspace of its own, for these tests change what it holds."""
    views = stack.cassandra.model_copy(update={"keyspace": "exported"})
    settings = stack.model_copy(update={"cassandra": views})
    apply_schema(settings)
    with cassandra.session(settings) as session:
        rows.fill(session, clock.cut, clock.now, 2)
    return settings


@pytest.fixture
def session(exported: Settings) -> Iterator[Session]:
    with cassandra.session(exported) as session:
        yield session


@pytest.fixture
def export(exported: Settings, address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in (environment(exported) | {"PGPASSWORD": PASSWORD}).items():
        monkeypatch.setenv(name, value)

    def run(*options: str) -> int:
        said = CliRunner().invoke(command_line, ["export", "postgres", address, *options])
        assert said.exit_code == 0, said.output
        return int(said.output.splitlines()[-1].split()[0].replace(",", ""))

    return run


def psql(address: str, question: str) -> list[dict[str, str]]:
    """The rows as PostgreSQL's own client gives them."""
    command = [str(binaries() / "psql"), address, "--csv", "-c", "SET TIME ZONE 'UTC'", "-c", question]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"PGPASSWORD": PASSWORD})
    return list(csv.DictReader(io.StringIO(said.stdout.partition("\n")[2])))


def energy(address: str, installation: str) -> dict[tuple[str, str], tuple[float, str, str]]:
    question = (
        "SELECT quantity, to_char(start, 'YYYY-MM-DD\"T\"HH24:MI') AS start, energy_wh, view, run_id "  # noqa: S608
        f"FROM solera.energy WHERE installation_id = '{installation}'"
    )
    return {
        (row["quantity"], row["start"]): (float(row["energy_wh"]), row["view"], row["run_id"])
        for row in psql(address, question)
    }


def expected(clock: Clock, scale: float) -> dict[tuple[str, str], tuple[float, str, str]]:
    """What ``fill`` lays down, as the merged view tells it."""
    last_day, found = clock.cut - timedelta(days=1), {}
    for at in rows.periods(clock.cut - timedelta(days=2), clock.now):
        run = "" if at >= clock.cut else rows.NEW_RUN if at >= last_day else rows.OLD_RUN
        more = 5.0 if run == rows.NEW_RUN else 0.0
        for quantity, wh in rows.quantities_at(at, scale).items():
            found[quantity, f"{at:%Y-%m-%dT%H:%M}"] = (wh + more, "batch" if run else "speed", run)
    return found


def test_the_export_is_the_merged_view(export: Any, address: str, clock: Clock) -> None:
    first = f"{clock.cut - timedelta(days=5):%Y-%m-%d}"
    written = export("--from", first)
    held = {home: energy(address, home) for home in rows.HOMES}
    assert held == {home: expected(clock, 1 + n / 3) for n, home in enumerate(rows.HOMES)}
    assert written == sum(map(len, held.values())) + len(energy(address, rows.COMMUNITY))
    named = psql(address, "SELECT installation_id, time_zone, capacity_kw FROM solera.installation ORDER BY 1")
    assert [row["installation_id"] for row in named] == [rows.COMMUNITY, *rows.HOMES]
    assert named[1]["time_zone"] == "Europe/Madrid"


def test_an_export_done_again_changes_nothing_and_writes_the_speed_view_alone(
    export: Any, address: str, clock: Clock
) -> None:
    before = energy(address, rows.HOMES[0])
    since = len(list(rows.periods(clock.cut, clock.now)))
    assert export() == since * len(rows.QUANTITIES) * (len(rows.HOMES) + 1)
    assert energy(address, rows.HOMES[0]) == before


def test_what_a_later_night_has_changed_is_written_anew(
    export: Any, address: str, session: Session, clock: Clock
) -> None:
    """A night changes a day before the last export's cut, and withdraws a value there; nothing else is written."""
    day = clock.cut - timedelta(days=2)
    key = {"installation_id": rows.HOMES[1], "month": day.date().replace(day=1), "quantity": "import", "run_id": NEWEST}
    plain = {"completeness": 1.0, "method": "measured", "cause": ""}
    later = day + rows.QUARTER
    rows.insert(session, "energy_batch", [key | plain | {"start": day, "energy_wh": 4321.0}])
    rows.insert(session, "energy_batch", [key | plain | {"start": later, "energy_wh": None, "method": "withdrawn"}])
    run = {"name": "nightly", "run_id": NEWEST, "started": clock.cut, "published": clock.now, "cut": clock.cut}
    rows.insert(session, "run", [run])
    change = {"run_id": NEWEST, "installation_id": rows.HOMES[1], "day": day.date(), "quantity": "import"}
    rows.insert(session, "change", [change | {"why": "late", "periods": 2, "before_wh": 1.0, "after_wh": 4321.0}])

    whole_days = 96 * len(rows.QUANTITIES)
    since = len(list(rows.periods(clock.cut, clock.now))) * len(rows.QUANTITIES) * (len(rows.HOMES) + 1)
    assert export() == 2 * whole_days - 1 + since, "that home's day and its community's, less the withdrawn value"

    held, plainly = energy(address, rows.HOMES[1]), expected(clock, 1 + 1 / 3)
    at = ("import", f"{day:%Y-%m-%dT%H:%M}")
    assert held.pop(at) == (4321.0, "batch", NEWEST)
    gone = ("import", f"{later:%Y-%m-%dT%H:%M}")
    assert {key: value for key, value in plainly.items() if key not in (at, gone)} == held


def test_an_installation_that_came_later_is_written_from_its_beginning(
    export: Any, address: str, session: Session, clock: Clock
) -> None:
    day = clock.cut - timedelta(days=2)
    row = {"installation_id": "late-home", "month": day.date().replace(day=1), "quantity": "import", "start": day}
    rows.insert(session, "installation", [{"installation_id": "late-home", "kind": "home"}])
    rows.insert(session, "energy_batch", [row | {"run_id": NEWEST, "energy_wh": 7.0, "completeness": 1.0}])
    export()
    assert energy(address, "late-home") == {("import", f"{day:%Y-%m-%dT%H:%M}"): (7.0, "batch", NEWEST)}


def test_whoever_is_forgotten_leaves_the_export_too(export: Any, address: str, session: Session) -> None:
    session.execute("DELETE FROM installation WHERE installation_id = 'late-home'")
    export()
    assert energy(address, "late-home") == {}


@pytest.mark.parametrize(("port", "password"), [("1", PASSWORD), (None, "wrong")])
def test_a_server_that_refuses_is_said(
    export: Any, address: str, monkeypatch: pytest.MonkeyPatch, port: str | None, password: str
) -> None:
    monkeypatch.setenv("PGPASSWORD", password)
    asked = address if port is None else f"host=127.0.0.1 port={port} user=solera dbname=postgres"
    said = CliRunner().invoke(command_line, ["export", "postgres", asked])
    assert said.exit_code == 1
    assert said.output.startswith("PostgreSQL refused")
    assert "Traceback" not in said.output
