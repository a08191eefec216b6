"""REST, command line, CQL and page on a real Cassandra: one question, one answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cassandra.cluster import Session
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from conf import Settings
from energy.records import Quantity
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.world import FAULTS, TRUTH, write_world
from ingest.simulator.truth.world import Asked as SimulationAsked
from serving_layer.access.token import token_of
from serving_layer.app import create_app
from serving_layer.mqtt.publishing import messages_of
from serving_layer.reader import Reader
from serving_layer.views import merged
from serving_layer.web import money
from serving_layer.web.periods import energies
from serving_layer.web.periods.months import Asked
from serving_layer.web.periods.period import KINDS, PARTS, Kind, period_of
from serving_layer.web.routes import ROUTERS
from serving_layer.web.words.en import EN
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra, schema
from tests.support import owner
from tests.support import serving_rows as rows
from tests.support.money.bills import HOME

NOW = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15)
CUT = NOW.replace(hour=0, minute=0)
DAYS = 9
HOST = {"Host": "127.0.0.1"}


@pytest.fixture(scope="module")
def served(stack: Settings) -> Settings:
    """The stack's Cassandra with a keyspace of our own, filled."""
    views = stack.cassandra.model_copy(update={"keyspace": "serving"})
    settings = stack.model_copy(update={"cassandra": views, "home": stack.home / "serving"})
    schema.apply_schema(settings)
    session = cassandra.connect(settings)
    rows.fill(session, CUT, NOW, DAYS)
    session.cluster.shutdown()
    return settings


@pytest.fixture(scope="module")
def cql(served: Settings) -> Iterator[Session]:
    session = cassandra.connect(served)
    yield session
    session.cluster.shutdown()


@pytest.fixture(scope="module")
def client(served: Settings) -> Iterator[TestClient]:
    with owner.client(create_app(served)) as client:
        yield client


@pytest.fixture
def solera(served: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, str]]]:
    """Runs a command and reads the CSV it prints."""
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> list[dict[str, str]]:
        said = CliRunner().invoke(command_line, [*arguments, "--format", "csv"], catch_exceptions=False)
        assert said.exit_code == 0, said.output
        return list(csv.DictReader(io.StringIO(said.stdout)))

    return run


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def energy(client: TestClient, start: datetime, end: datetime, **more: str) -> dict[str, Any]:
    asked = {"quantity": "generation", "from": text(start), "to": text(end)} | more
    installation = asked.pop("installation", rows.COMMUNITY)
    answer = client.get(f"/v1/installations/{installation}/energy", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_rest_command_line_and_cql_give_one_answer(
    client: TestClient, solera: Callable[..., list[dict[str, str]]], cql: Session
) -> None:
    start, end = CUT - timedelta(days=DAYS), NOW
    asked = {"quantity": "import", "from": text(start), "to": text(end), "format": "csv"}

    by_rest = list(csv.DictReader(io.StringIO(client.get("/v1/installations/valle-02/energy", params=asked).text)))
    by_command = solera(
        "energy", "--installation", "valle-02", "--quantity", "import", "--from", text(start), "--to", text(end)
    )
    by_cql = merged_by_hand(cql, "valle-02", "import", start, end)

    columns = ("start", "energy_wh", "view", "run_id")
    assert list(by_command[0]) == list(columns)
    assert [tuple(row[c] for c in columns) for row in by_rest] == [tuple(row.values()) for row in by_command]
    assert [(r["start"], float(r["energy_wh"]), r["view"], r["run_id"]) for r in by_rest] == by_cql
    assert len(by_cql) == (end - start) / timedelta(minutes=15)


def merged_by_hand(
    cql: Session, installation: str, quantity: str, start: datetime, end: datetime
) -> list[tuple[str, float, str, str]]:
    """The rule as a person with cqlsh would follow it."""
    runs = [run for run in cql.execute("SELECT run_id, published, cut FROM run") if run.published is not None]
    cut = max(run.cut for run in runs).replace(tzinfo=timezone.utc)
    found: dict[datetime, tuple[str, float, str, str]] = {}
    for table in ("energy_speed", "energy_batch"):
        for month in sorted({start.date().replace(day=1), end.date().replace(day=1)}):
            key = (installation, month, quantity)
            for row in cql.execute(
                f"SELECT * FROM {table} WHERE installation_id = %s AND month = %s AND quantity = %s",  # noqa: S608
                key,
            ):
                at = row.start.replace(tzinfo=timezone.utc)
                run_id = getattr(row, "run_id", "")
                is_seen = not run_id or (run_id in {r.run_id for r in runs} and at < cut)
                if start <= at < end and is_seen and (at not in found or run_id > found[at][3]):
                    found[at] = (text(at), row.energy_wh, "batch" if run_id else "speed", run_id)
    return [found[at] for at in sorted(found)]


def test_each_value_says_where_it_comes_from(client: TestClient) -> None:
    answer = energy(client, CUT - timedelta(days=DAYS), NOW)

    last_night = CUT - timedelta(days=1)
    for value in answer["values"]:
        start = datetime.fromisoformat(value["start"].replace("Z", "+00:00"))
        expected = ("speed", "") if start >= CUT else ("batch", rows.NEW_RUN if start >= last_night else rows.OLD_RUN)
        assert (value["view"], value["run_id"]) == expected
        assert (value["completeness"], value["method"], value["cause"]) == (1.0, "measured", "")
    assert (answer["unit"], answer["cut"]) == ("Wh", text(CUT))


def test_as_of_gives_what_was_published_then(client: TestClient) -> None:
    yesterday = CUT - timedelta(days=1)
    start, end = yesterday - timedelta(hours=1), NOW

    then = energy(client, start, end, as_of=text(yesterday + timedelta(hours=1)))
    before_all = energy(client, start, end, as_of=text(yesterday))

    assert then["cut"] == text(yesterday)
    assert {value["run_id"] for value in then["values"]} == {rows.OLD_RUN}
    assert [value["start"] for value in then["values"]] == [
        text(yesterday - timedelta(minutes=m)) for m in (60, 45, 30, 15)
    ]
    assert (before_all["cut"], before_all["values"]) == (None, [])


@pytest.mark.parametrize("resolution", ["hour", "day", "month"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid", "Atlantic/Canary", "America/Los_Angeles"])
def test_sums_are_the_sums_of_their_quarter_hours(client: TestClient, resolution: str, zone: str) -> None:
    start, end = CUT - timedelta(days=1, hours=7), NOW
    quarters = energy(client, start, end)["values"]
    sums = energy(client, start, end, resolution=resolution, tz=zone)["values"]

    assert total(sums) == total(quarters)
    for each in sums:
        local = datetime.fromisoformat(each["start"].replace("Z", "+00:00")).astimezone(ZoneInfo(zone))
        assert local.minute == 0
        assert resolution == "hour" or local.hour == 0
        assert resolution != "month" or local.day == 1


def total(values: list[dict[str, Any]]) -> int:
    return sum(round(value["energy_wh"] * 1000) for value in values)


def test_the_community_is_the_sum_of_its_homes(client: TestClient) -> None:
    homes = [energy(client, CUT, NOW, installation=home)["values"] for home in rows.HOMES]

    assert total(energy(client, CUT, NOW)["values"]) == sum(map(total, homes))


def test_the_newest_forecast_and_the_one_before(
    client: TestClient, solera: Callable[..., list[dict[str, str]]]
) -> None:
    path = "/v1/installations/valle/forecast"
    newest = client.get(path, params={"quantity": "generation"}).json()
    before = client.get(path, params={"quantity": "generation", "issued_before": text(CUT)}).json()
    by_command = solera("forecast", "--installation", "valle", "--quantity", "generation")

    assert (newest["issued_at"], newest["model"], newest["step"]) == (text(CUT), "gbt", "history")
    assert len(newest["values"]) == 48
    assert before["issued_at"] == text(CUT - timedelta(days=1))
    assert [(h["time"], str(h["p50_wh"])) for h in newest["values"]] == [(h["time"], h["p50_wh"]) for h in by_command]
    assert list(by_command[0]) == ["issued_at", "time", "p10_wh", "p50_wh", "p90_wh", "step"]


def test_no_forecast_is_said(client: TestClient) -> None:
    answer = client.get("/v1/installations/valle/forecast", params={"quantity": "charge"})

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:solera:no-forecast")


def test_the_ledger_is_the_same_from_both_doors(
    client: TestClient, solera: Callable[..., list[dict[str, str]]]
) -> None:
    by_rest = client.get("/v1/ledger", params={"topic": "readings"}).json()["ledger"]
    by_command = solera("ledger", "--topic", "readings")

    names = ("received", "accepted", "duplicate", "quarantined")
    assert [[str(row[n]) for n in names] for row in by_rest] == [[row[n] for n in names] for row in by_command]
    assert [row["layer"] for row in by_rest] == ["speed", "batch"]
    for row in by_rest:
        assert row["received"] == row["accepted"] + row["duplicate"] + row["quarantined"] == 30


def test_state_skill_runs_quarantine_and_prices(client: TestClient) -> None:
    state = client.get("/v1/installations/valle/state").json()
    assert {device["installation_id"] for device in state["devices"]} == set(rows.HOMES)
    assert "power" in state

    skill = client.get("/v1/installations/valle/skill").json()["skill"]
    assert [(row["quantity"], row["beats_naive"]) for row in skill] == [("generation", True), ("consumption", True)]

    runs = client.get("/v1/runs").json()["runs"]
    assert [(run["run_id"], run["published"] is None) for run in runs] == [
        (rows.UNPUBLISHED, True),
        (rows.NEW_RUN, False),
        (rows.OLD_RUN, False),
    ]

    messages = client.get("/v1/quarantine", params={"topic": "readings"}).json()["quarantine"]
    assert {m.get("payload") or m.get("payload_base64") for m in messages} == {"{", "//4="}

    hour = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    known = client.get(
        "/v1/prices", params={"market": "pvpc", "from": text(hour - timedelta(days=1)), "to": text(hour)}
    )
    answer = client.get("/v1/prices/forecast", params={"market": "pvpc"}).json()
    ahead = answer["values"]
    assert (answer["record"][0]["model"], answer["record"][0]["run_id"]) == ("mlp", rows.NEW_RUN)
    assert {value["kind"] for value in known.json()["values"]} == {"known"}
    assert {value["kind"] for value in ahead} == {"known", "forecast"}


def test_the_newest_refused_messages_come_first_and_are_cut(client: TestClient, served: Settings) -> None:
    noon = datetime(2026, 2, 3, 12, tzinfo=timezone.utc)
    with cassandra.session(served) as session:
        for n in range(300):
            at, topic = noon - timedelta(minutes=7 * n), ("intervals", "weather")[n % 2]
            session.execute(
                "INSERT INTO quarantine (topic, day, kafka_partition, kafka_offset, received_at, reason, payload, "
                "payload_bytes) VALUES (%s, %s, %s, %s, %s, 'not JSON', %s, 8192)",
                (topic, at.date(), n % 3, n, at, "ñ".encode() * 4096),
            )

    answer = client.get("/v1/quarantine", params={"day": "2026-02-03", "days": 3, "limit": 250})

    assert [each["offset"] for each in answer.json()["quarantine"]] == list(range(250))
    assert {each["payload"] for each in answer.json()["quarantine"]} == {"ñ" * 512}


def test_errors_by_horizon_and_month_are_those_of_published_runs(client: TestClient) -> None:
    by_hour = client.get("/v1/installations/valle/errors").json()["errors"]
    assert [(row["slice"], row["run_id"]) for row in by_hour] == [("09", rows.NEW_RUN), ("10", rows.NEW_RUN)]

    by_month = client.get("/v1/installations/valle/errors", params={"by": "month"}).json()["errors"]
    assert [(row["slice"], row["hours"], row["run_id"]) for row in by_month] == [("2025-12", 700, rows.OLD_RUN)]


def test_alarms_stand_until_they_are_cleared(client: TestClient) -> None:
    every = client.get("/v1/alarms").json()["alarms"]
    standing = client.get("/v1/alarms", params={"standing": True, "installation_id": "valle"}).json()["alarms"]

    assert [alarm["kind"] for alarm in every] == ["consumption forecast drift", "generation forecast drift"]
    assert [alarm["kind"] for alarm in standing] == ["consumption forecast drift"]


def test_an_unknown_installation_names_the_known_ones(
    client: TestClient, served: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    asked = ["energy", "--installation", "vale", "--quantity", "import", "--from", "2026-01-01", "--to", "2026-01-02"]

    by_rest = client.get("/v1/installations/vale/state")
    by_command = CliRunner().invoke(command_line, asked)

    assert by_rest.status_code == 404
    assert by_command.exit_code == 1
    for said in (by_rest.json()["detail"], by_command.output):
        assert "'vale'" in said
        assert "valle-01" in said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quantity", ["generation", "import"])
def test_the_page_shows_what_rest_says(client: TestClient, kind: Kind, quantity: Quantity) -> None:
    """Each part of a period and its total, and of the period before as much as of this one has passed."""
    reader = client.app.state.reader  # type: ignore[attr-defined]
    madrid = ZoneInfo("Europe/Madrid")
    asked = Asked(rows.COMMUNITY, madrid, merged.seen(reader), NOW)
    period = period_of(kind, NOW.astimezone(madrid).date())
    for _ in range(2):  # the second time from memory
        shown = energies.take(reader, asked, period)[quantity]
        start, end = period.span(madrid)
        local = {"tz": "Europe/Madrid", "resolution": PARTS[kind]}
        parts = energy(client, start, end, quantity=quantity, **local)["values"]
        assert [(text(v.start), v.energy_wh, v.view, v.run_id) for v in shown.parts] == [
            (each["start"], each["energy_wh"], each["view"], each["run_id"]) for each in parts
        ]
        assert [v.completeness for v in shown.parts] == pytest.approx([each["completeness"] for each in parts])
        assert round((shown.total_wh or 0) * 1000) == total(parts)
        start, end = period.comparable(NOW, madrid)
        before = energy(client, start, end, quantity=quantity)["values"] if start < end else []
        ended = [each for each in before if instant(each["start"]) + timedelta(minutes=15) <= end]
        assert round((shown.comparable_wh or 0) * 1000) == total(ended)
        quarters = energy(client, *period.span(madrid), quantity=quantity)["values"]
        ended = [each for each in quarters if instant(each["start"]) + timedelta(minutes=15) <= NOW]
        assert shown.peak is not None
        assert shown.peak.energy_wh == max(each["energy_wh"] for each in ended)


def test_the_page_shows_what_rest_says_of_euros(client: TestClient, cql: Session) -> None:
    reader = client.app.state.reader  # type: ignore[attr-defined]
    home, today = rows.HOMES[0], NOW.astimezone(ZoneInfo("Europe/Madrid")).date()
    assert money.take(reader, home, today, EN) == ([], "")
    cql.execute("UPDATE installation SET contracts = %s WHERE installation_id = %s", (json.dumps([HOME]), home))

    said, why_not = money.take(reader, home, today, EN)

    days = [(today.replace(day=1), today), (today, today + timedelta(days=1))]
    for each, (first, until) in zip(said, [of for of in days if of[0] < of[1]], strict=True):
        bill = client.get(f"/v1/installations/{home}/bills", params={"from": f"{first}", "to": f"{until}"}).json()
        totals = sorted({case["total_eur"] for case in bill["cases"]})
        assert each.amount == " – ".join(f"{total:,.2f} €" for total in totals)
        share = EN.number(100 * bill["unknown_windows"] / bill["windows"])
        saved = [f"saved {bill['saving_eur']:,.2f} €"] if bill["saving_eur"] is not None else []
        depends = [EN.pages["euros_depend"]] if len(bill["cases"]) > 1 else []
        unknown = [] if bill["complete"] else [f"{share} % of the hours are not known"]
        assert each.note.endswith(", ".join([*saved, *depends, *unknown]))
    assert why_not == ""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_lists_of_the_command_line_are_those_of_rest(
    client: TestClient, solera: Callable[..., list[dict[str, str]]]
) -> None:
    listed = client.get("/v1/installations").json()["installations"]
    assert [row["installation_id"] for row in solera("installations")] == [row["installation_id"] for row in listed]
    assert [row["installation_id"] for row in solera("installations", "--community", rows.COMMUNITY)] == [*rows.HOMES]
    state = client.get(f"/v1/installations/{rows.COMMUNITY}/state").json()["devices"]
    assert [row["device_id"] for row in solera("state", "--installation", rows.COMMUNITY)] == [
        each["device_id"] for each in state
    ]
    alarms = client.get("/v1/alarms").json()["alarms"]
    assert [(row["kind"], row["raised_at"]) for row in solera("alarms")] == [
        (each["kind"], each["raised_at"]) for each in alarms
    ]


def test_json_says_why_a_value_is_what_it_is(served: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    asked = ["energy", "--installation", rows.HOMES[0], "--quantity", "generation", "--from", text(CUT)]
    said = CliRunner().invoke(command_line, [*asked, "--tz", "Europe/Madrid", "--format", "json"])
    (first, *_) = json.loads(said.stdout)
    assert first["start"] == text(CUT)
    assert first["local_start"] == CUT.astimezone(ZoneInfo("Europe/Madrid")).isoformat()
    assert (first["completeness"], first["method"], first["cause"]) == (1.0, "measured", "")


def test_a_period_of_which_nothing_is_known_is_not_zero(served: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    asked = ["energy", "--installation", rows.HOMES[0], "--quantity", "charge", "--from", "yesterday"]
    said = CliRunner().invoke(command_line, asked)
    assert "nothing is known of these periods" in said.stdout
    assert "0.000" not in said.stdout


def test_gaps_changes_and_official_values_are_those_of_the_newest_published_word(
    client: TestClient, solera: Callable[..., list[dict[str, str]]]
) -> None:
    day, home = CUT - timedelta(days=1), rows.HOMES[0]
    span = {"from": text(day), "to": text(CUT)}
    gaps = client.get(f"/v1/installations/{home}/gaps", params=span).json()["gaps"]
    assert [(gap["start"], gap["state"], gap["cause"], gap["periods"], gap["run_id"]) for gap in gaps] == [
        (text(day + timedelta(hours=6)), "estimated", "gap", 72, rows.NEW_RUN)
    ]
    asked = ("--installation", home, "--from", text(day), "--to", text(CUT))
    by_command = solera("gaps", *asked, "--state", "estimated", "--state", "present")
    assert [gap["state"] for gap in by_command] == ["present", "estimated"]
    assert client.get(f"/v1/installations/{rows.COMMUNITY}/gaps", params=span).json()["gaps"] == gaps

    changes = client.get(f"/v1/runs/{rows.NEW_RUN}/changes").json()["changes"]
    assert [(each["why"], each["periods"], each["before_wh"], each["after_wh"]) for each in changes] == [
        ("late", 72, 0.0, 5.5)
    ]
    assert [row["day"] for row in solera("changes", "--run", rows.NEW_RUN)] == [f"{day:%Y-%m-%d}"]
    assert client.get(f"/v1/runs/{rows.UNPUBLISHED}/changes").status_code == 404

    compared = client.get(f"/v1/installations/{home}/reconcile", params=span).json()["total"]
    (exported,) = [line for line in compared if line["quantity"] == "export"]
    assert exported["official_wh"] == 2.0
    for line in compared:
        for each in line["compared"]:
            assert sum(round(wh * 1000) for wh in each["parts"].values()) == round(each["difference_wh"] * 1000)


def test_mqtt_has_what_rest_says(served: Settings, client: TestClient) -> None:
    reader, named = Reader(served), ["not-registered", rows.COMMUNITY]
    try:
        found = {topic: json.loads(payload) for topic, payload in messages_of(reader, named).items()}
    finally:
        reader.close()
    state = client.get(f"/v1/installations/{rows.COMMUNITY}/state").json()
    assert found[f"solera/{rows.COMMUNITY}/power"].keys() == state["power"].keys()
    devices = {topic.rpartition("/")[2]: each for topic, each in found.items() if "/device/" in topic}
    assert devices.keys() == {each["device_id"] for each in state["devices"]}
    for each in state["devices"]:
        assert devices[each["device_id"]] == {name: value for name, value in each.items() if name != "age_s"}
    forecast = client.get(f"/v1/installations/{rows.COMMUNITY}/forecast", params={"quantity": "generation"})
    topic = f"solera/{rows.COMMUNITY}/forecast/generation"
    if forecast.status_code == 404:
        assert topic not in found
    else:
        assert [each["p50_wh"] for each in found[topic]["values"]] == [
            each["p50_wh"] for each in forecast.json()["values"]
        ]


def world_of(folder: Path, client: TestClient, day: datetime, homes: Sequence[str]) -> list[dict[str, Any]]:
    """A world whose truth of ``day`` (UTC) is the generation that is published of ``homes``; its rows."""
    belongs = {"community_id": rows.COMMUNITY} if len(homes) > 1 else {}
    said = [{"installation_id": home, "kind": "home", **belongs} for home in homes]
    said += [{"installation_id": each, "kind": "community"} for each in belongs.values()]
    write_world(parse_sites(said), SimulationAsked(day.date(), 1, 3600, 1), folder)
    (folder / FAULTS).write_text("[]")
    truth = [
        {"installation_id": home, "quantity": "generation", "energy_wh": each["energy_wh"],
         "start": datetime.fromisoformat(each["start"].replace("Z", "+00:00"))}
        for home in homes
        for each in energy(client, day, day + timedelta(days=1), installation=home)["values"]
    ]  # fmt: skip
    assert truth
    pq.write_table(pa.Table.from_pylist(truth), folder / TRUTH)
    return truth


def test_what_is_published_is_scored_beside_the_truth(
    client: TestClient, solera: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    truth = world_of(tmp_path, client, CUT - timedelta(days=1), rows.HOMES[:1])
    (total,) = solera("score", str(tmp_path), "--published")
    assert float(total["energy_wh"]) == pytest.approx(float(total["true_wh"]))
    assert float(total["true_wh"]) == pytest.approx(sum(each["energy_wh"] for each in truth))
    (none,) = solera("score", str(tmp_path), "--published", "--of", "faults")
    assert (none["kind"], none["put_in"]) == ("none", "0")
    foretold = solera("score", str(tmp_path), "--published", "--of", "forecasts")
    assert all(each["quantity"] == "generation" and float(each["mae_wh"]) >= 0 for each in foretold)
    pq.write_table(pa.Table.from_pylist([each | {"energy_wh": 0.0} for each in truth]), tmp_path / TRUTH)
    assert CliRunner().invoke(command_line, ["score", str(tmp_path), "--published"]).exit_code == 1


def test_what_is_published_of_a_community_is_scored_beside_the_sums_of_its_members(
    client: TestClient, solera: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    truth = world_of(tmp_path, client, CUT - timedelta(days=3), rows.HOMES)
    *homes, whole = solera("score", str(tmp_path), "--published")
    assert [each["installation_id"] for each in homes] == list(rows.HOMES)
    assert whole["installation_id"] == rows.COMMUNITY
    assert float(whole["energy_wh"]) == pytest.approx(sum(each["energy_wh"] for each in truth)) != 0
    # The newer run re-states the last day 5 Wh higher a period, of the community as of each home.
    world_of(tmp_path, client, CUT - timedelta(days=1), rows.HOMES)
    said = CliRunner().invoke(command_line, ["score", str(tmp_path), "--published"])
    assert said.exit_code == 1
    assert "4 totals of 3 installations: 1 outside their bounds, 960 Wh lost" in " ".join(said.output.split())


def test_every_page_knows_an_installation_of_which_little_is_known(served: Settings, cql: Session) -> None:
    """Neither community, name, place, capacity, device nor contract, and nothing measured."""
    alone = {"installation_id": "alone", "kind": "home", "time_zone": "Europe/Madrid"}
    rows.insert(cql, "installation", [alone])
    app = create_app(served)
    paths = [each.path for router in ROUTERS for each in router.routes if isinstance(each, APIRoute)]
    asked = [path for path in paths if not path.endswith("/stream") and "{" not in path]
    try:
        with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False) as client:
            client.post("/login", content=f"token={token_of(served)}", follow_redirects=False)
            found = {path: client.get(path, params={"id": "alone"}) for path in asked}
    finally:
        cql.execute("DELETE FROM installation WHERE installation_id = 'alone'")
    assert [path for path, answer in found.items() if answer.status_code >= 500] == []
    assert {found[path].status_code for path in ("/installation", "/installation/more", "/member", "/bill")} == {200}
    assert all("alone" in found[path].text for path in ("/installation", "/member", "/bill"))
