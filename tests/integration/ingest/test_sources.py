"""The sources asked without a person, on real servers: what is missing comes once, and is told."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from conf import Settings, load_settings
from conf.sections import AemetSettings, SourceSettings
from energy.calendar import MADRID, months_later
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.doors.datadis import rows_of, supply
from ingest.sources.asking import ask_sources
from serving_layer.access.token import token_of
from serving_layer.app import create_app
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra, schema
from store.runs import INSERT, NIGHTLY
from tests.support.kafka_topic import messages
from tests.support.peers.aemet_service import aemet_service
from tests.support.peers.datadis_service import datadis_service
from tests.support.recorded import HAND_MADE, aemet_answer
from tests.unit.ingest.sources.test_outages import PVPC, published_day
from tests.unit.ingest.sources.test_price_sources import Sources, sources

__all__ = ["sources"]
HOME, CUPS, CODE = "asked-home", "ES0189000048220011CR", "15030"
CONTRACT = {
    "cups": CUPS, "marketer": "Solar Coop", "accessFare": "2.0TD", "contractedPowerkW": [4.6, 4.6], "endDate": "",
    "modePowerControl": "ICP", "startDate": "2023/01/01", "selfConsumptionTypeCode": None, "cau": None,
}  # fmt: skip
MAXIMA = [
    {"cups": CUPS, "date": f"{year}/{month:02}/10", "time": "12:45", "maxPower": kw, "period": period}
    for year in (2025, 2026) for month in range(1, 13) for period, kw in (("1", 4.7), ("2", 6.2), ("3", 3.9))
]  # fmt: skip
EVENING = datetime(2026, 3, 28, 20, 30, tzinfo=MADRID)
"""The prices of the recorded day are out."""
HOLE = months_later(EVENING.date().replace(day=1), -20)
"""A month, longer ago than a year, in which the home's meter lacks an hour."""
GAP = (
    "INSERT INTO gap (installation_id, month, day, device_id, quantity, run_id, start, until, state, cause, periods, "
    "completeness) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@pytest.fixture
def asked(stack: Settings, sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The settings of the process that asks, and the servers of AEMET and Datadis."""
    for name, value in {"AEMET_API_KEY": "k", "DATADIS_USERNAME": "12345678Z", "DATADIS_PASSWORD": "secret"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ESIOS_TOKEN", raising=False)
    published_day(sources)
    with aemet_service() as aemet, datadis_service(lambda: EVENING) as datadis:
        aemet.answers = {
            f"/prediccion/especifica/municipio/{kind}/{CODE}": aemet_answer(HAND_MADE / "aemet" / f"{kind}_{CODE}.json")
            for kind in ("horaria", "diaria")
        }
        datadis.supplies = [supply(CUPS)]
        datadis.curves = {CUPS: lambda day, now: rows_of(day, CUPS, lambda _: 0.5) if day < now.date() else []}
        datadis.contracts, datadis.maxima = {CUPS: CONTRACT}, {CUPS: MAXIMA}
        own = stack.model_copy(
            update={
                "home": tmp_path,
                "cassandra": stack.cassandra.model_copy(update={"keyspace": "asked"}),
                "price": stack.price.model_copy(update={"series": []}),
                "aemet": AemetSettings(base=aemet.base, per_minute=10_000),
                "datadis": SourceSettings(base=datadis.base),
                **{name: getattr(load_settings(), name) for name in ("omie", "esios")},  # as the sources' fixture leads
            }
        )
        _platform(own)
        yield own, aemet, datadis


def _platform(own: Settings) -> None:
    """A Spanish home, and a published night that has written down a hole."""
    home = {"installation_id": HOME, "kind": "home", "time_zone": "Europe/Madrid"}
    run, now = "20260101T001000Z", datetime.now(timezone.utc)
    start = datetime(HOLE.year, HOLE.month, 10, tzinfo=timezone.utc)
    gap = (
        HOME,
        HOLE,
        start.date(),
        "meter",
        "import",
        run,
        start,
        start + timedelta(hours=1),
        "lost",
        "silent",
        4,
        0.0,
    )
    schema.apply_schema(own)
    with cassandra.session(own) as session:
        write_catalogue(session, parse_catalogue({**home, "cups": CUPS, "municipality_code": CODE}), now)
        session.execute(session.prepare(INSERT), (NIGHTLY, run, now, now, now, now, {}, {}, {}))
        session.execute(session.prepare(GAP), gap)


def arrived(settings: Settings) -> Counter[tuple[str, bytes]]:
    """How often each message has come."""
    topics = ("prices", "weather", "intervals")
    return Counter((topic, message.value) for topic in topics for message in messages(settings, topic))


def test_what_is_missing_comes_once_and_the_oldest_hole_first(stack: Settings, asked: Any, sources: Sources) -> None:
    own, _, datadis = asked
    before, said = arrived(stack), list[str]()
    away = own.model_copy(update={"kafka": own.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})})
    ask_sources(away, EVENING, said.append)
    assert sum("Kafka does not answer" in word for word in said) == 4
    assert (sources.asked, datadis.calls) == ([], 0)  # an answer would have been lost

    for minutes in (0, 1):
        ask_sources(own, EVENING + timedelta(minutes=minutes), said.append)
    come = arrived(stack) - before
    assert Counter(topic for topic, _ in come) == {
        "prices": 2 * 92 + 5 * 23, "weather": 64 + 4, "intervals": sum(1 for topic, _ in come if topic == "intervals")
    }  # fmt: skip
    assert set(come.values()) == {1}
    months = [path.partition("startDate=")[2][:9] for path in datadis.asked if "consumption" in path]
    assert months[0] == f"{HOLE:%Y%%2F%m}"
    assert len(months) == len(set(months)) == 1 + 13
    assert datadis.wasted == 0
    days = [path for path, _ in sources.asked if path == PVPC]
    assert len(days) == 9  # a week, today and tomorrow, once each
    assert any(word.startswith("prices of pvpc: 115 records; 8 questions not answered") for word in said)


def test_the_api_says_when_each_last_answered(asked: Any) -> None:
    own, aemet, _ = asked
    aemet.faults = [500, 404]
    ask_sources(own, EVENING, print)
    app = create_app(own)
    headers = {"Authorization": f"Bearer {token_of(own)}"}
    client = TestClient(app, base_url="http://127.0.0.1", headers=headers)
    told = {each["source"]: each for each in client.get("/v1/sources").json()["sources"]}
    assert list(told) == ["aemet", "datadis", "omie", "pvpc"]
    assert all(each["answered"] for each in told.values())
    assert (told["omie"]["open"], told["pvpc"]["open"], told["datadis"]["open"]) == (8, 8, 0)


def test_contracts_are_shown_beside_what_is_registered(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry that the command gives is registered, its contract changed, and the difference is said."""
    own, _, datadis = asked
    for name, value in environment(own).items():
        monkeypatch.setenv(name, value)
    (row,) = told()
    assert (row["installation"], row["power_kw"], row["tariff"]) == (HOME, "4.6 · 4.6", "2.0TD")
    said = row["differences"]
    assert said.startswith("No contract is registered for")
    (entry,) = yaml.safe_load(said[said.index("- {") :])
    (contract,) = entry["contracts"]
    contract |= {"territory": "peninsula", "energy": {"kind": "pvpc"}}
    for powers, expected in (([4.6, 4.6], ""), ([3.3, 3.3], "The contracted power is 4.6 · 4.6 kW at the distributor")):
        with cassandra.session(own) as session:
            stated = [entry | {"contracts": [contract | {"power_kw": powers}]}]
            write_catalogue(session, parse_catalogue(stated), datetime.now(timezone.utc))
        (row,) = told()
        assert row["differences"].startswith(expected)
        assert bool(row["differences"]) == bool(expected)
    assert (datadis.calls, datadis.wasted) == (2, 0)  # the supplies and the contract, once


def test_the_greatest_power_is_shown_and_billed(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """2.0TD with a maximeter, 4.6 kW contracted: 6.2 kW in P2 of energy, P1 of power, on 28 days of February 2026."""
    own, _, datadis = asked
    for name, value in environment(own).items():
        monkeypatch.setenv(name, value)
    contract = {
        "from": "2023-01-01", "access_tariff": "2.0TD", "territory": "peninsula", "power_kw": [4.6, 4.6],
        "energy": {"kind": "flat", "price_eur_kwh": 0.1}, "maximeter": True,
    }  # fmt: skip
    with cassandra.session(own) as session:
        entry = {"installation_id": HOME, "contracts": [contract]}
        write_catalogue(session, parse_catalogue([entry]), datetime.now(timezone.utc))
    ask_sources(own, EVENING, print)
    calls, datadis.now = datadis.calls, lambda: datetime.now(timezone.utc)
    rows = shown("power", "--installation", HOME)
    assert (rows[0]["period"], rows[0]["power_w"], rows[0]["contracted_w"]) == ("P1", "4700.0", "4600.0")
    february = [row for row in rows if row["month"] == "2026-02-01"]
    assert [(row["period"], row["at"]) for row in february] == [(f"P{n}", "2026-02-10T11:45:00Z") for n in (1, 2, 3)]
    client = TestClient(create_app(own), base_url="http://127.0.0.1",
                        headers={"Authorization": f"Bearer {token_of(own)}"})  # fmt: skip
    by_rest = client.get(f"/v1/installations/{HOME}/max-power").json()["months"]
    assert [row["power_w"] for row in by_rest if row["month"] == "2026-02-01"] == [4700.0, 6200.0, 3900.0]
    bill = client.get(f"/v1/installations/{HOME}/bills", params={"month": "2026-02"}).json()
    excess = [line for line in bill["lines"] if line["kind"] == "excess power"]
    assert [(line["period"], line["quantity"], line["eur"]) for line in excess] == [("P1", 1.6, 12.52)]
    assert bill["not_included"] == []
    assert datadis.wasted == 0
    assert datadis.calls > calls  # by hand, the months up to now


def told() -> list[dict[str, str]]:
    """The rows of `solera datadis contracts`."""
    return shown("contracts")


def shown(*asking: str) -> list[dict[str, str]]:
    """The rows of a command of `solera datadis`."""
    said = CliRunner().invoke(command_line, ["datadis", *asking, "--format", "csv"], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    return list(csv.DictReader(io.StringIO(said.stdout)))
