"""The note: its Markdown and Python in a real Zeppelin, its SQL in the server of SQL, its CQL in Cassandra."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pyspark
import pytest
from py4j.java_gateway import JavaGateway  # type: ignore[import-untyped]

from conf import Settings
from energy.calendar import local_day
from serving_layer.access.token import token_of
from stack.downloads import java
from stack.downloads.jars import fetch
from stack.servers import thrift
from stack.servers.zeppelin import Outcome, Zeppelin
from store.cassandra import connect
from tests.support import serving_rows as rows
from tests.support.analysts.world import MADRID, Clock, expected_kwh
from tests.support.peers.modbus_device import free_port

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "conf" / "docker" / "Dockerfile"
NOTE = ROOT / "notebooks" / "solera.zpln"
TEXTS = [each["text"] for each in json.loads(NOTE.read_text(encoding="utf-8"))["paragraphs"]]
HOME, SCALE = rows.HOMES[1], 1 + 1 / 3
FORMS = {"home": HOME, "community": rows.COMMUNITY}


@pytest.fixture(scope="module")
def outcomes(served: Settings) -> Mapping[int, Outcome]:
    """What each Markdown and Python paragraph ended with, by its place in the note, run in their order."""
    environment = {
        "SOLERA_PORT_OFFSET": "0",
        "SOLERA_HOME": str(served.home),
        "SOLERA_API__PORT": str(served.api.port),
        "SOLERA_THRIFT__PORT": str(served.thrift.port),
        "SOLERA_CASSANDRA__PORT": str(served.cassandra.port),
        "SOLERA_CASSANDRA__KEYSPACE": served.cassandra.keyspace,
        "SOLERA_CASSANDRA__USERNAME": "",
        "SOLERA_CASSANDRA__PASSWORD": "",
    }
    with Zeppelin(served, free_port(), environment) as zeppelin:
        addresses = zeppelin.import_note(NOTE)
        assert len(addresses) == len(TEXTS)
        return {
            place: zeppelin.run(address, FORMS)
            for place, address in enumerate(addresses)
            if TEXTS[place].startswith(("%md", "%python"))
        }


def test_markdown_and_python_run_in_zeppelin(outcomes: Mapping[int, Outcome]) -> None:
    failed = {place: outcome.output for place, outcome in outcomes.items() if outcome.status != "FINISHED"}
    assert not failed
    assert "<h1>Solera: yesterday, today and tomorrow</h1>" in outcomes[0].output
    assert all("%table" in outcome.output for place, outcome in outcomes.items() if place)


def test_python_shows_yesterday_today_and_tomorrow_of_home_and_community(
    outcomes: Mapping[int, Outcome], clock: Clock
) -> None:
    home, community = (three_days(outcomes[place]) for place in (2, 3))
    today = clock.now.astimezone(MADRID).date()
    yesterday, midnight = local_day(today - timedelta(days=1), MADRID)
    for quantity in ("generation", "consumption", "import", "export", "self_consumption"):
        for day, start, end in (("yesterday", yesterday, midnight), ("today so far", midnight, clock.now)):
            assert home[quantity, day][0] == pytest.approx(expected_kwh(clock, quantity, start, end, [SCALE]), abs=2e-3)
            everybody = [1 + n / 3 for n in range(len(rows.HOMES))]
            assert community[quantity, day][0] == pytest.approx(
                expected_kwh(clock, quantity, start, end, everybody), abs=2e-2
            )
    assert {home["consumption", day][1] for day in ("yesterday", "today so far", "next 24 h")} == {
        "batch", "speed", "forecast",
    }  # fmt: skip
    assert home["consumption", "next 24 h"][0] > 1


def three_days(outcome: Outcome) -> dict[tuple[str, str], tuple[float, str]]:
    lines = [line.split("\t") for line in outcome.output.splitlines() if line.count("\t") == 3]
    assert lines[0] == ["quantity", "day", "kWh", "view"]
    return {(quantity, day): (float(kwh), view) for quantity, day, kwh, view in lines[1:]}


def test_python_shows_devices_by_driver_and_members_by_sql(outcomes: Mapping[int, Outcome]) -> None:
    driver, members = (outcomes[place].output for place in (5, 6))
    assert f"{HOME}-inverter\tinverter" in driver
    assert f"{HOME}-meter\tmeter" in driver
    assert all(f"{member}\t" in members for member in rows.HOMES)


def filled(text: str) -> str:
    """The question below the interpreter's line, its forms filled in as Zeppelin does."""
    question = text.split("\n", 1)[1]
    return re.sub(r"\$\{(\w+)=[^}]*\}", lambda form: FORMS[form[1]], question)


@pytest.mark.parametrize("place", [n for n, text in enumerate(TEXTS) if text.startswith("%jdbc")])
def test_sql_answers_from_the_thrift_server(served: Settings, clock: Clock, place: int) -> None:
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute(filled(TEXTS[place]))
        found = cursor.fetchall()
        names = [column[0].split(".")[-1] for column in cursor.description]
    assert found
    if "energy_wh) / 1000, 3" in TEXTS[place]:
        days = {tuple(row[:3]): row[3:] for row in found}
        yesterday = clock.midnight - timedelta(days=1)
        kwh, view = days[HOME, "generation", yesterday.date().isoformat()]
        expected = expected_kwh(clock, "generation", yesterday, clock.midnight, [SCALE])
        assert kwh == pytest.approx(expected, abs=2e-3)
        assert view == "batch"
    if "p50_wh" in names:
        assert len(found) == 48


@pytest.mark.parametrize("place", [n for n, text in enumerate(TEXTS) if text.startswith("%cassandra")])
def test_cql_answers_from_cassandra(served: Settings, place: int) -> None:
    question = filled(TEXTS[place]).replace(" solera.", f" {served.cassandra.keyspace}.")
    session = connect(served)
    try:
        assert list(session.execute(question.rstrip().rstrip(";")))
    finally:
        session.cluster.shutdown()


def test_the_jdbc_driver_that_zeppelins_image_gets_is_whole(served: Settings) -> None:
    """In a Java with nothing else than the jars of the Dockerfile and the slf4j that Zeppelin has itself."""
    shipped = Path(pyspark.__file__).parent / "jars"
    wanted = re.findall(
        r"[\w-]+-?\*\.jar", DOCKERFILE.read_text().partition("&& cp ")[2].partition("/opt/solera/jdbc")[0]
    )
    driver = [jar for pattern in wanted for jar in shipped.glob(pattern)]
    assert len(driver) >= len(wanted) > 10
    logging = next(jar for jar in fetch(served, "zeppelin") if jar.name.startswith("slf4j-api"))
    gateway = JavaGateway.launch_gateway(
        java_path=str(java.home(served) / "bin" / "java"),
        jarpath=str(next(shipped.glob("py4j-*.jar"))),
        classpath=":".join(map(str, [*driver, logging])),
        die_on_exit=True,
    )
    try:
        gateway.jvm.java.lang.Class.forName("org.apache.hive.jdbc.HiveDriver")
        address = f"jdbc:hive2://{served.thrift.host}:{served.thrift.port}/solera"
        connection = gateway.jvm.java.sql.DriverManager.getConnection(address, "analyst", token_of(served))
        rows_found = connection.createStatement().executeQuery("SELECT 6 * 7 AS answer")
        assert rows_found.next()
        assert rows_found.getInt("answer") == 42
        connection.close()
    finally:
        gateway.shutdown()


def test_every_paragraph_is_tested() -> None:
    assert all(text.startswith(("%md", "%python", "%jdbc", "%cassandra")) for text in TEXTS)
