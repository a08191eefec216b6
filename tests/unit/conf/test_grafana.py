"""Grafana's dashboards: their form by Grafana's own types, and each of their questions asked of a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema_rs
import psycopg
import pytest
import requests
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from serving_layer.export.postgres import TABLES
from serving_layer.health import Finding
from serving_layer.metrics import LABELLED, MEASURED, Metrics
from tests.support.peers.modbus_device import free_port
from tests.support.peers.postgres import PASSWORD, postgres

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "conf" / "grafana"
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))
}
COMPOSE = yaml.safe_load((FOLDER / "compose.yml").read_text())
SOURCES = yaml.safe_load((FOLDER / "provisioning" / "datasources" / "solera.yml").read_text())["datasources"]
UIDS = {each["type"]: each["uid"] for each in SOURCES}
START = datetime(2026, 11, 1, tzinfo=timezone.utc)
HOMES = {"casa": "valle", "granja": None}
CHOSEN = {"installation": "casa", "community": ""}
"""What the reader has chosen in a dashboard's lists."""
Panel = dict[str, Any]
Rows = list[dict[str, Any]]


def panels(kind: str) -> Iterator[tuple[str, Panel, dict[str, Any]]]:
    """Each question to a source of ``kind``: dashboard and title, panel, target."""
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                if target["datasource"]["type"] == kind:
                    yield f"{name}: {panel['title']} {target['refId']}", panel, target


def lost(given: Any, kept: Any, place: str = "") -> Iterator[str]:
    """The places of ``given`` that ``kept`` has otherwise or lacks."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            yield from lost(value, kept.get(name), f"{place}/{name}")
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for n, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(one, other, f"{place}/{n}")
    elif given != kept:
        yield place


def as_grafana_reads(dashboard: dict[str, Any]) -> Any:
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_form_is_that_of_grafanas_own_types(name: str) -> None:
    dashboard = DASHBOARDS[name]
    assert list(lost(dashboard, as_grafana_reads(dashboard))) == []
    misspelt = dashboard | {"panels": [dashboard["panels"][0] | {"titel": "x"}]}
    assert list(lost(misspelt, as_grafana_reads(misspelt))) == ["/panels/0/titel"]


def test_each_question_goes_to_a_source_that_is_provisioned() -> None:
    assert sorted(DASHBOARDS) == ["fleet", "pipeline", "plant"]
    assert len({each["uid"] for each in DASHBOARDS.values()}) == len(DASHBOARDS)
    asked = [target["datasource"] for kind in UIDS for _, _, target in panels(kind)]
    asked += [each["datasource"] for dashboard in DASHBOARDS.values() for each in dashboard["templating"]["list"]]
    assert {(each["type"], each["uid"]) for each in asked} == set(UIDS.items())
    of_panels = sum(len(panel["targets"]) for each in DASHBOARDS.values() for panel in each["panels"])
    assert of_panels == sum(1 for kind in UIDS for _ in panels(kind))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_say_what_they_are_and_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        assert panel["title"]
        assert panel["description"].endswith(".")
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_compose_has_the_form_and_opens_loopback_alone() -> None:
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    jsonschema_rs.validator_for(schema).validate(COMPOSE)
    for service in COMPOSE["services"].values():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert service["networks"] == ["answers"]
        for volume in service["volumes"]:
            assert not volume.startswith("./") or (ROOT / volume.split(":")[0]).is_dir()
    made = re.search(r"for name in (.*); do", (ROOT / "conf/docker/secrets.sh").read_text())
    assert made is not None
    assert set(COMPOSE["secrets"]) <= set(made[1].split())
    given = set(re.findall(r"\$\{(SOLERA_\w+)\}", (FOLDER / "provisioning/datasources/solera.yml").read_text()))
    assert given == {name for name in COMPOSE["services"]["grafana"]["environment"] if name.startswith("SOLERA_")}


@contextmanager
def exposed(text: bytes) -> Iterator[int]:
    """The port at which ``/metrics`` says ``text``."""

    class Exposition(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exposition)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that scrapes what the API says, a second apart."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: prometheus)")
    measured = dict.fromkeys((*MEASURED, *(f"{name}:x" for name in LABELLED)), 1.0)
    metrics, folder, port = Metrics(), tmp_path_factory.mktemp("prometheus"), free_port()
    metrics.answered("/v1", 200, 0.1)
    with exposed(metrics.exposition([Finding("night", "up", 1.0, "", measured)])) as target:
        scrape = {"job_name": "solera", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        words.append(f"--web.listen-address=127.0.0.1:{port}")
        process = subprocess.Popen(["prometheus", *words], stderr=subprocess.DEVNULL)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def answer(prometheus: str, expression: str) -> list[Any]:
    """Series of ``expression`` now, once two scrapes have been made; none after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            said = requests.get(f"{prometheus}/api/v1/query", params={"query": expression}, timeout=10).json()
        except requests.ConnectionError:
            said = {"status": "success", "data": {"result": []}}
        assert said["status"] == "success", said
        if said["data"]["result"]:
            return list(said["data"]["result"])
        time.sleep(0.5)
    return []


@pytest.mark.parametrize(("what", "expression"), [(what, asked["expr"]) for what, _, asked in panels("prometheus")])
def test_prometheus_answers_each_question_of_the_pipeline(prometheus: str, what: str, expression: str) -> None:
    assert answer(prometheus, expression), what


@pytest.fixture(scope="module")
def database() -> Iterator[psycopg.Connection[Any]]:
    """Two homes and a community as the export leaves them: a day of 100 Wh a quarter-hour, some in doubt."""
    with (
        postgres(free_port()) as address,
        psycopg.connect(address, password=PASSWORD, autocommit=True) as connection,
    ):
        connection.execute(TABLES)
        for name, kind in [*dict.fromkeys(HOMES, "home").items(), ("valle", "community")]:
            row = (name, name.title(), kind, HOMES.get(name), "Europe/Madrid", 5.0, 37.4, -6.0)
            connection.execute("INSERT INTO solera.installation VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", row)
            for quantity, wh in (("generation", 100.0), ("consumption", 80.0), ("import", 20.0), ("export", 40.0),
                                 ("self_consumption", 60.0)):  # fmt: skip
                for n in range(96):
                    cause = "gap" if quantity == "generation" and n < 4 else None
                    cells = (name, quantity, START + n * timedelta(minutes=15), wh, "batch", "run", 1.0, "measured")
                    connection.execute(
                        "INSERT INTO solera.energy VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (*cells, wh - 1, wh + 1, cause),
                    )
        yield connection


def said(connection: psycopg.Connection[Any], text: str, **chosen: str) -> Rows:
    """The rows of ``text``, its macros spelt out as Grafana does (PostgreSQL data source, "Macros")."""
    text = re.sub(r"\$__timeFilter\(([\w.]+)\)", rf"\1 BETWEEN '{START}' AND '{START + timedelta(days=1)}'", text)
    text = re.sub(r"\$__timeGroup\(([\w.]+), '1h'\)", r"floor(extract(epoch from \1)/3600)*3600", text)
    for name, value in (CHOSEN | chosen).items():
        text = text.replace(f"${{{name}:sqlstring}}", "'" + value.replace("'", "''") + "'")
    assert "$" not in text
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(text.encode()).fetchall()


@pytest.mark.parametrize(("what", "text"), [(what, asked["rawSql"]) for what, _, asked in panels("postgres")])
def test_postgresql_answers_each_question_of_fleet_and_plant(
    database: psycopg.Connection[Any], what: str, text: str
) -> None:
    assert said(database, text), what
    unknown, hostile = (said(database, text, installation=name, community=name) for name in ("x", "x' OR ''='"))
    assert hostile == unknown


def test_lists_name_what_there_is(database: psycopg.Connection[Any]) -> None:
    lists = {each["name"]: each for dashboard in DASHBOARDS.values() for each in dashboard["templating"]["list"]}
    assert {name: [tuple(row.values()) for row in said(database, each["query"])] for name, each in lists.items()} == {
        "community": [("all", ""), ("Valle", "valle")],
        "installation": [("Casa", "casa"), ("Granja", "granja"), ("Valle", "valle")],
    }


def test_sums_are_those_of_the_homes_without_their_community(database: psycopg.Connection[Any]) -> None:
    texts = {what.split(": ")[1][:-2]: asked["rawSql"] for what, _, asked in panels("postgres")}
    sums = {row["metric"]: row["energy_wh"] for row in said(database, texts["Sums"])}
    assert sums == {"generation": 19_200, "consumption": 15_360, "import": 3840, "export": 7680,
                    "self_consumption": 11_520}  # fmt: skip
    of_members = {row["metric"]: row["energy_wh"] for row in said(database, texts["Sums"], community="valle")}
    assert of_members["generation"] == 9600
    (shares,) = said(database, texts["Self-consumption and self-sufficiency"])
    assert shares == {"self_consumption": pytest.approx(0.6), "self_sufficiency": pytest.approx(0.75)}
    hours = said(database, texts["Energy by hour"])
    assert len(hours) == 24 * 5
    assert sum(row["energy_wh"] for row in hours if row["metric"] == "generation") == 19_200
    days = {row["day"]: row["generation"] for row in said(database, texts["Days"])}
    assert days == {"2026-11-01": 9200, "2026-11-02": 400}
    assert [row["kwh_per_kw"] for row in said(database, texts["Yield"])] == [pytest.approx(9.6 / 5)]
