"""A bill by REST and the command line, from rows in a real Cassandra: one answer, worked by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from conf import Settings
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from serving_layer.app import create_app
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra, schema
from tests.support import owner
from tests.support.money.bills import AGREED, HOME, local
from tests.support.serving_rows import insert

START, END = local("2026-03-23T00:00"), local("2026-03-30T00:00")
QUARTER = timedelta(minutes=15)
NOON = local("2026-03-25T12:00")
RUN = "20260401T000500Z"
WEEK = {"from": "2026-03-23", "to": "2026-03-30"}
SHOP = HOME | {
    "access_tariff": "3.0TD", "power_kw": ["16"] * 6,
    "energy": {"kind": "flat", "price_eur_kwh": "0.10"},
}  # fmt: skip


def rows(installation_id: str, missing: datetime | None = None, times: float = 1.0) -> Iterator[dict[str, Any]]:
    """So many times 250 Wh from the grid each quarter-hour; from noon half an hour of it, and 900 Wh of surplus."""
    start = START
    while start < END:
        at = (start - NOON) // QUARTER
        values = {"import": 250.0, "export": 0.0, "consumption": 300.0}
        if at in (2, 3):
            values |= {"import": 0.0, "export": 400.0 if at == 2 else 500.0}
        for quantity, once in values.items():
            energy_wh = once * times
            if not (start == missing and quantity == "import"):
                yield {
                    "installation_id": installation_id, "month": start.date().replace(day=1), "quantity": quantity,
                    "start": start, "run_id": RUN, "energy_wh": energy_wh, "completeness": 1.0, "method": "measured",
                }  # fmt: skip
        start += QUARTER


@pytest.fixture(scope="module")
def served(stack: Settings) -> Settings:
    """The stack's Cassandra with a keyspace of our own: two homes with a contract, one without."""
    views = stack.cassandra.model_copy(update={"keyspace": "money"})
    settings = stack.model_copy(update={"cassandra": views, "home": stack.home / "money"})
    schema.apply_schema(settings)
    homes = [
        {"installation_id": name, "kind": "home", "contracts": [HOME | {"compensation": AGREED}]}
        for name in ("casa-1", "casa-2")
    ]
    homes.append({"installation_id": "tienda", "contracts": [SHOP]})
    homes.append({"installation_id": "casa-4", "contracts": [HOME | {"energy": {"kind": "pvpc"}}]})
    with cassandra.session(settings) as session:
        entries = parse_catalogue([*homes, {"installation_id": "casa-3"}])
        write_catalogue(session, entries, datetime.now(timezone.utc))
        insert(session, "energy_batch", list(rows("casa-1")))
        insert(session, "energy_batch", list(rows("casa-2", missing=NOON + 5 * QUARTER)))
        insert(session, "energy_batch", list(rows("casa-4")))
        insert(session, "energy_batch", list(rows("tienda", times=20)))
        insert(
            session,
            "run",
            [{"name": "nightly", "run_id": RUN, "cut": datetime(2026, 4, 1, tzinfo=timezone.utc),
              "published": datetime(2026, 4, 1, 1, tzinfo=timezone.utc)}],
        )  # fmt: skip
    return settings


@pytest.fixture(scope="module")
def client(served: Settings) -> Iterator[TestClient]:
    with owner.client(create_app(served)) as client:
        yield client


def test_a_week_of_167_hours_to_the_cent(client: TestClient) -> None:
    """166 hours of 1 kWh, 39 in P1, 40 in P2, 87 in P3; in the hour from noon 0.5 kWh came in and 0.9 went out."""
    found = client.get("/v1/installations/casa-1/bills", params=WEEK).json()
    assert [(line["kind"], line["period"], line["quantity"], line["eur"]) for line in found["lines"]] == [
        ("power", "P1", 4.6, 2.44),  # 4.6 · 27.704413 · 7 / 365 = 2.4441
        ("power", "P2", 4.6, 0.06),  # 4.6 · 0.725423 · 7 / 365 = 0.0640
        ("energy", "P1", 39, 7.8),
        ("energy", "P2", 40, 6.0),
        ("energy", "P3", 87, 8.7),
        ("compensation", "agreed", 0.4, -0.02),
        ("meter rent", "", 7, 0.19),  # 0.81 · 12 · 7 / 365 = 0.1864
    ]
    # Due on 29 March: 0.5 % of 24.98 = 0.12, the minimum of 1 EUR/MWh is 0.17; 10 % of 25.34
    assert [line["eur"] for line in found["cases"][0]["taxes"]] == [0.17, 2.53]
    assert (found["total_eur"], found["complete"], found["due"]) == (27.87, True, "2026-03-29")
    assert (found["grid_kwh"], found["surplus_kwh"], found["self_consumed_kwh"]) == (166.0, 0.4, 34.4)
    assert found["conventions"]["netting_minutes"] == 60
    assert found["saving_eur"] > 0


def test_excess_power_is_billed_where_its_price_is_stated(client: TestClient) -> None:
    """20 kW in every quarter-hour but two, 16 contracted: 4 · 7 days · 0.090584, 0.028721 and 0.006142 in March."""
    found = client.get("/v1/installations/tienda/bills", params=WEEK).json()
    excess = [
        (line["period"], line["quantity"], line["eur"]) for line in found["lines"] if line["kind"] == "excess power"
    ]
    assert excess == [("P2", 4.0, 2.54), ("P3", 4.0, 0.80), ("P6", 4.0, 0.17)]
    assert found["not_included"] == ["reactive energy"]
    why = "no meter that is read here states it of these days"
    assert found["not_included_because"] == {"reactive energy": why}
    assert client.get("/v1/installations/casa-1/bills", params=WEEK).json()["not_included"] == []


def test_what_the_distributor_states_of_a_month_is_given_and_billed(client: TestClient, served: Settings) -> None:
    """19 kW in P3, 16 contracted: 3 · 0.028721 · 31 = 2.6711. Of other hours the active energy is not known."""
    month, known_at = date(2026, 3, 1), datetime(2026, 4, 6, tzinfo=timezone.utc)
    named = {"installation_id": "tienda", "month": month, "known_at": known_at, "source": "datadis"}
    powers = [{"period": period, "power_w": watts} for period, watts in (("P2", 15e3), ("P3", 19e3), ("P6", 9e3))]
    with cassandra.session(served) as session:
        insert(session, "max_power", [named | {"at": None} | each for each in powers])
        insert(session, "reactive_energy", [named | {"period": "P2", "energy_varh": 125_500.0}])
    told = client.get("/v1/installations/tienda/max-power").json()["months"]
    assert [(row["period"], row["power_w"], row["contracted_w"]) for row in told] == [
        ("P2", 15e3, 16e3), ("P3", 19e3, 16e3), ("P6", 9e3, 16e3)
    ]  # fmt: skip
    (reactive,) = client.get("/v1/installations/tienda/reactive-energy").json()["months"]
    assert (reactive["month"], reactive["period"], reactive["energy_varh"]) == ("2026-03-01", "P2", 125_500.0)
    assert reactive["known_at"] == told[0]["known_at"] == "2026-04-06T00:00:00Z"
    said = client.get("/v1/installations/tienda/reactive-energy", params={"format": "csv"}).text
    assert said.splitlines()[0] == "month,period,energy_varh,known_at,source"
    bill = client.get("/v1/installations/tienda/bills", params={"month": "2026-03"}).json()
    excess = [(line["period"], line["eur"]) for line in bill["lines"] if line["kind"] == "excess power"]
    assert excess == [("P3", 2.67)]
    assert bill["not_included_because"] == {"reactive energy": "the active energy of an hour is not known"}


@pytest.mark.parametrize(("installation", "total"), [("casa-1", "27.87"), ("tienda", None)])
def test_the_command_line_gives_the_same_lines(
    client: TestClient, served: Settings, monkeypatch: pytest.MonkeyPatch, installation: str, total: str | None
) -> None:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    asked = ["bill", "--installation", installation, "--from", WEEK["from"], "--to", WEEK["to"]]
    said = CliRunner().invoke(command_line, [*asked, "--format", "csv"], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    by_rest = client.get(f"/v1/installations/{installation}/bills", params=WEEK | {"format": "csv"}).text
    assert said.stdout == by_rest
    billed = list(csv.DictReader(io.StringIO(by_rest)))
    assert total in (None, billed[-1]["eur"])
    assert ("excess power" in {line["kind"] for line in billed}) == (installation == "tienda")
    table = CliRunner().invoke(command_line, asked, catch_exceptions=False).stdout
    assert billed[-1]["eur"] in table
    assert "R1: each line half up to the cent" in table
    assert "\N{REPLACEMENT CHARACTER}" not in table


def test_a_missing_quarter_hour_makes_it_incomplete_not_cheap(client: TestClient) -> None:
    found = client.get("/v1/installations/casa-2/bills", params=WEEK).json()
    assert (found["complete"], found["unknown_windows"], found["windows"]) == (False, 1, 167)
    assert found["total_eur"] is None
    assert found["so_far_eur"] < 27.87


@pytest.mark.parametrize(
    ("installation", "asked", "status", "said"),
    [
        ("casa-3", WEEK, 422, "has no contract"),
        ("casa-4", WEEK, 422, "market pvpc has no price of the whole hour from 2026-03-22T23:00Z"),
        ("casa-1", {"month": "2021-05"}, 422, "no contract holds on 2021-05-01"),
        ("casa-1", {"month": "2027-01"}, 422, "no row covers 2027-01-01"),
        ("casa-1", {"from": "2026-01-01", "to": "2026-02-02"}, 422, "within a month at most"),
        ("casa-1", {"from": "2022-01-01", "to": "2026-01-01"}, 422, "400 days at most"),
        ("casa-1", {"month": "2026-13"}, 422, "is no day"),
        ("casa-1", {"month": "2026-01", "from": "2026-01-01"}, 422, "name a month, or"),
        ("casa-1", WEEK | {"due": "soon"}, 422, "is no day"),
        ("casa-9", WEEK, 404, "There is no installation"),
    ],
)
def test_what_can_not_be_billed_says_why(
    client: TestClient, installation: str, asked: dict[str, str], status: int, said: str
) -> None:
    answer = client.get(f"/v1/installations/{installation}/bills", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_rest_says_of_each_line_what_sets_it_and_why_an_official_bill_differs(client: TestClient) -> None:
    """With 0.30 for the 39 kWh of P1 the price is 3.90 EUR more, before its taxes."""
    path = "/v1/installations/casa-1/bills"
    power = client.get(path, params=WEEK).json()["lines"][0]
    assert power["basis"] == [
        {"text": "BOE-A-2025-26348", "since": "2026-01-01"}, {"text": "BOE-A-2025-26705", "since": "2026-01-01"},
    ]  # fmt: skip
    ours = client.get(path, params=WEEK | {"format": "csv"}).text
    same = client.post(path, content=ours.encode()).json()
    assert (same["from"], same["until"], len(same["causes"])) == (WEEK["from"], WEEK["to"], 13)
    assert {cause["eur"] for cause in same["causes"][1:-1]} == {0.0}
    rows = list(csv.DictReader(io.StringIO(ours)))
    (energy,) = (row for row in rows if (row["kind"], row["period"]) == ("energy", "P1"))
    energy |= {"price": "0,3", "eur": "11,70"}
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    dearer = text.getvalue()
    found = {cause["cause"]: cause["eur"] for cause in client.post(path, content=dearer.encode()).json()["causes"]}
    assert found["price"] == pytest.approx(3.90 * 1.1, abs=0.02)
    assert found["our bill"] == found["official bill"] == 27.87
    table = client.post(path, params={"format": "csv"}, content=dearer.encode()).text
    assert table.splitlines()[:2] == ["cause,eur", "our bill,27.87"]
    for sent, said in ((b"", "lacks a column"), (ours.replace("power", "force").encode(), "line 2: kind is 'force'")):
        answer = client.post(path, content=sent)
        assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
    answer = client.post(path, params={"month": "2026-03"}, content=ours.encode())
    assert (answer.status_code, answer.json()["detail"][:6]) == (422, "month:")


def test_why_an_official_bill_differs(served: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Our own lines differ in nothing; with 0.30 for the 39 kWh of P1 all is the price: 3.90 and its taxes."""
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> list[dict[str, str]]:
        asked = ["bill", "--installation", "casa-1", *arguments, "--format", "csv"]
        said = CliRunner().invoke(command_line, asked, catch_exceptions=False)
        assert said.exit_code == 0, said.output
        return list(csv.DictReader(io.StringIO(said.stdout)))

    ours = run("--from", WEEK["from"], "--to", WEEK["to"])
    same, dearer = tmp_path / "same.csv", tmp_path / "dearer.csv"
    for path, price, eur, tax, vat, total in (
        (same, "0.2", "7.80", "0.17", "2.53", "27.87"),
        (dearer, "0.3", "11.70", "0.17", "2.92", "32.16"),
    ):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ours[0].keys())
            writer.writeheader()
            printed = {"IVA": vat, "total": total, "electricity tax": tax}
            for row in ours:
                change = {"price": price, "eur": eur} if (row["kind"], row["period"]) == ("energy", "P1") else {}
                writer.writerow(row | change | ({"eur": printed[row["kind"]]} if row["kind"] in printed else {}))
    assert {float(row["eur"]) for row in run("--official", str(same))[1:-1]} == {0.0}
    causes = {row["cause"]: float(row["eur"]) for row in run("--official", str(dearer))}
    assert (causes["our bill"], causes["official bill"]) == (27.87, 32.16)
    assert causes["price"] == pytest.approx(3.90 * 1.1, abs=0.02)
    assert sum(causes.values()) == pytest.approx(2 * 32.16)


def stated() -> Iterator[dict[str, Any]]:
    """The hours of casa-1 as its distributor states them: the same, but of Monday from 10:00, which has 1 kWh more."""
    known_at, hour = datetime(2026, 4, 6, tzinfo=timezone.utc), timedelta(hours=1)
    for n in range((END - START) // hour):
        start = START + n * hour
        import_wh = 0.0 if start == NOON else 2000.0 if n == 10 else 1000.0
        yield {
            "installation_id": "casa-1", "month": start.date().replace(day=1), "start": start, "end": start + hour,
            "meter_id": "cups", "source": "datadis", "known_at": known_at, "method": "measured", "import_wh": import_wh,
            "export_wh": 400.0 if start == NOON else 0.0, "self_consumption_wh": 1200.0 if start == NOON else 200.0,
        }  # fmt: skip


def test_why_the_bill_of_the_hours_that_datadis_states_differs(
    client: TestClient, served: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 kWh of P1 is 0.20 EUR and 10 % of it; the electricity tax is its minimum, 0.17 of 166 kWh and of 167."""
    path = "/v1/installations/{}/bills/stated"
    with cassandra.session(served) as session:
        insert(session, "official", list(stated()))
    found = client.get(path.format("casa-1"), params=WEEK).json()
    causes = {cause["cause"]: cause["eur"] for cause in found["causes"]}
    assert (found["from"], causes.pop("our bill"), causes.pop("official bill")) == (WEEK["from"], 27.87, 28.09)
    assert causes["kWh"] == pytest.approx(0.22, abs=0.005)
    assert causes["period"] == 0
    assert sum(causes.values()) == pytest.approx(0.22)
    by_rest = client.get(path.format("casa-1"), params=WEEK | {"format": "csv"}).text
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    asked = ["bill", "--installation", "casa-1", "--from", WEEK["from"], "--to", WEEK["to"], "--stated"]
    said = CliRunner().invoke(command_line, [*asked, "--format", "csv"], catch_exceptions=False)
    assert (said.exit_code, said.stdout) == (0, by_rest)
    assert CliRunner().invoke(command_line, [*asked, "--official", "x.csv"]).exit_code == 2
    answer = client.get(path.format("casa-2"), params=WEEK)
    assert (answer.status_code, answer.json()["detail"][:52]) == (
        422,
        "No distributor has stated 167 of the 167 hours of th",
    )
    app = create_app(served)
    with TestClient(app, base_url="http://127.0.0.1", cookies=owner.cookies(app)) as browser:
        page = browser.get("/bill", params={"id": "casa-1", "month": "2026-03", "stated": True}).text
    assert "No distributor has stated 576 of the 743 hours of these days" in page
