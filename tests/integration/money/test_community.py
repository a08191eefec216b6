"""Shares and proposals of a community by the command line, from rows in a real Cassandra, worked by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
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

START, END = local("2026-10-25T00:00"), local("2026-10-26T00:00")
QUARTER = timedelta(minutes=15)
RUN = "20261101T000500Z"
DAY = ("--from", "2026-10-25", "--to", "2026-10-26")
CUPS = ("ES0021000000000001RK0F", "ES0189000048220011CR0F")
CAU = CUPS[0] + "A001"
CONSTANT = "generation: roof\nversions:\n  - {from: 2026-01-01, coefficients: {a: 0.4, b: 0.6}}\n"


VALUES = (
    ("roof", "generation", 250.0),
    ("valle", "generation", 250.0),
    ("a", "consumption", 50.0),
    ("b", "consumption", 250.0),
)  # fmt: skip


def rows() -> Iterator[dict[str, Any]]:
    """A day of 25 hours: the plant makes 1 kWh an hour, a uses 0.2 kWh and b 1 kWh; b lacks a quarter-hour."""
    plain = {"run_id": RUN, "completeness": 1.0, "method": "measured"}
    start = START
    while start < END:
        month = {"month": start.date().replace(day=1), "start": start}
        for who, quantity, energy_wh in VALUES:
            if not (who == "b" and start == START):
                yield plain | month | {"installation_id": who, "quantity": quantity, "energy_wh": energy_wh}
        start += QUARTER


@pytest.fixture(scope="module")
def served(stack: Settings) -> Settings:
    views = stack.cassandra.model_copy(update={"keyspace": "sharing"})
    settings = stack.model_copy(update={"cassandra": views, "home": stack.home / "sharing"})
    schema.apply_schema(settings)
    flat = HOME | {"energy": {"kind": "flat", "price_eur_kwh": "0.20"}, "compensation": AGREED}
    homes = [
        {"installation_id": name, "kind": "home", "community_id": "valle", "cups": number, "contracts": [flat]}
        for name, number in zip("ab", CUPS, strict=True)
    ]
    roof = {"installation_id": "roof", "kind": "park", "community_id": "valle"}
    community = {"installation_id": "valle", "kind": "community", "cau": CAU}
    with cassandra.session(settings) as session:
        write_catalogue(session, parse_catalogue([community, *homes, roof]), datetime.now(timezone.utc))
        insert(session, "energy_batch", list(rows()))
        published = datetime(2026, 11, 1, 1, tzinfo=timezone.utc)
        insert(session, "run", [{"name": "nightly", "run_id": RUN, "cut": published, "published": published}])
    return settings


@pytest.fixture
def solera(served: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Runs a command in an empty folder: the rows it prints, or what it says where it refuses."""
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, refuses: bool = False) -> Any:
        said = CliRunner().invoke(command_line, ["community", *arguments])
        assert (said.exit_code != 0) == refuses, said.output
        return said.output if refuses else list(csv.DictReader(io.StringIO(said.stdout)))

    return run


def share(solera: Callable[..., Any], agreement: str, **more: bool) -> Any:
    Path("valle.yaml").write_text(agreement)
    asked = ["share", "--community", "valle", "--agreement", "valle.yaml", *DAY, "--format", "csv"]
    return solera(*asked, **more)


def test_shares_of_a_day_of_25_hours_add_up_to_what_was_generated(solera: Callable[..., Any]) -> None:
    """Of 1 kWh an hour a has 0.4 and uses 0.2, b has 0.6 and uses 1; b's first hour is not known."""
    found = share(solera, CONSTANT)
    kwh = ("assigned_kwh", "self_consumed_kwh", "surplus_kwh", "grid_kwh", "unknown_hours", "estimated_hours")
    assert [(row["member"], *(float(row[name]) for name in kwh)) for row in found] == [
        ("a", 10, 5, 5, 0, 0, 0),
        ("b", 15, 14.4, 0, 9.6, 1, 0),
        ("total", 25, 19.4, 5, 9.6, 1, 0),
    ]
    # a buys nothing, so its surplus earns nothing; it saved 5 kWh at 0.20 EUR and the taxes on them.
    assert (found[0]["note"], float(found[0]["saving_eur"])) == ("", 1.27)  # 1.00 · 1.0511269632 · 1.21
    assert (found[1]["saving_eur"], found[1]["note"]) == ("", "incomplete")


def test_the_bill_of_a_member_with_its_share(solera: Callable[..., Any]) -> None:
    """a buys nothing: power and meter of one day are left, and 5 kWh of surplus earn nothing."""
    Path("valle.yaml").write_text(
        "generation: roof\nversions:\n  - {from: 2026-01-01, coefficients: {a: 0.4, b: 0.6}}\n"
    )
    asked = ["bill", "--installation", "a", *DAY, "--agreement", "valle.yaml", "--format", "csv"]
    said = CliRunner().invoke(command_line, asked, catch_exceptions=False)
    assert said.exit_code == 0, said.output
    lines = [(row["kind"], row["period"], row["eur"]) for row in csv.DictReader(io.StringIO(said.stdout))]
    assert lines == [
        ("power", "P1", "0.35"),  # 4.6 · 27.704413 / 365 = 0.3492
        ("power", "P2", "0.01"),
        ("compensation", "agreed", "0.00"),
        ("meter rent", "", "0.03"),
        ("self-consumed", "", ""),
        ("electricity tax", "", "0.02"),
        ("IVA", "", "0.09"),  # 21 % of 0.41
        ("total", "", "0.50"),
    ]


def test_a_variable_agreement_by_its_file_and_a_join(solera: Callable[..., Any]) -> None:
    lines = [f"{cups};{hour:04d};0,5" for hour in range(1, 8761) for cups in CUPS]
    Path(f"{CAU}_2026.txt").write_bytes("\r\n".join(lines).encode())
    agreement = "generation: roof\nversions:\n  - {from: 2026-01-01, coefficients: {a: 1}}\n" + (
        f"  - {{from: 2026-06-01, files: [{CAU}_2026.txt]}}\n"
    )
    assert [row["assigned_kwh"] for row in share(solera, agreement)] == ["12.500000", "12.500000", "25.000000"]
    later = agreement.replace("2026-06-01", "2026-04-30")
    assert "less than 4 months apart" in share(solera, later, refuses=True)
    Path(f"{CAU}_2026.txt").write_bytes("\r\n".join(lines[:-1]).encode())
    assert "line 17519, hour 8760" in share(solera, agreement, refuses=True)


def test_a_distributors_curve_beside_ours(solera: Callable[..., Any]) -> None:
    """It states 500 Wh for a in each hour of the afternoon, we reckon 400."""
    lines = [f"{CUPS[0]};2026/10/25 {hour}:00;0;0;500" for hour in range(13, 20)]
    Path("B5D.txt").write_text("\n".join(lines))
    Path("valle.yaml").write_text("versions:\n  - {from: 2026-01-01, coefficients: {a: 0.4, b: 0.6}}\n")
    asked = ["compare", "B5D.txt", "--community", "valle", "--agreement", "valle.yaml", *DAY]
    said = CliRunner().invoke(command_line, ["community", *asked], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    for shown in ("3.500000", "2.800000", "0.500", "both rules of counting hours fit alike"):
        assert shown in said.stdout
    # A month may come in several files.
    for number, part in enumerate((lines[:3], lines[3:])):
        Path(f"B5D_{number}.txt").write_text("\n".join(part))
    parts = ["compare", "B5D_0.txt", "B5D_1.txt", *asked[2:]]
    said = CliRunner().invoke(command_line, ["community", *parts, "--format", "csv"], catch_exceptions=False)
    assert [row["hours"] for row in csv.DictReader(io.StringIO(said.stdout))] == ["7", "7"], said.output
    Path("B5D_1.txt").write_text(lines[0].replace(";500", ";501"))
    assert "B5D_1.txt states another value of 2026-10-25T11:00Z" in " ".join(solera(*parts, refuses=True).split())
    # Of an hour a uses 0.2 kWh; the distributor says half.
    Path("A5D.txt").write_text("\n".join(lines).replace(";0;500", ";100;0"))
    said = CliRunner().invoke(command_line, ["community", "compare", "A5D.txt", *asked[1:]], catch_exceptions=False)
    for shown in ("self-consumed", "assigned", "0.700000", "1.400000"):
        assert shown in said.stdout, said.output
    Path("valle.yaml").write_text("versions:\n  - {from: 2026-11-01, coefficients: {a: 0.4, b: 0.6}}\n")
    early = " ".join(solera(*asked, refuses=True).split())
    assert "no agreement holds on 2026-10-25; the first begins on 2026-11-01: complete the agreement" in early
    Path("B5D.txt").write_text("\n".join(lines).replace("RK0F", "RA0F"))
    assert "line 1 is none of A5D or B5D" in solera(*asked, refuses=True).replace("\n", " ")


def test_what_datadis_states_of_a_share_beside_ours(served: Settings, solera: Callable[..., Any]) -> None:
    """Of seven hours it states 200 Wh used and 300 sold for a, 500 assigned where we reckon 400; of b no surplus."""
    known_at, hour = datetime(2026, 11, 2, tzinfo=timezone.utc), timedelta(hours=1)
    plain = {"meter_id": "cups", "source": "datadis", "known_at": known_at, "method": "measured"}
    said = [
        plain | {"installation_id": who, "month": at.date().replace(day=1), "start": at, "end": at + hour,
                 "self_consumption_wh": 200.0, "export_wh": 300.0 if who == "a" else None}
        for who in "ab" for at in (local("2026-10-25T12:00") + n * hour for n in range(7))
    ]  # fmt: skip
    Path("valle.yaml").write_text(CONSTANT)
    asked = ["compare", "--community", "valle", "--agreement", "valle.yaml", *DAY, "--format", "csv"]
    assert "No distributor has stated surplus and self-consumption" in " ".join(solera(*asked, refuses=True).split())
    with cassandra.session(served) as session:
        insert(session, "official", said)
    found = solera(*asked)
    assert [(row["member"], row["what"], row["rule"]) for row in found] == [
        ("a", what, rule) for what in ("assigned", "self-consumed") for rule in ("consecutive", "clock")
    ]
    shown = ("hours", "differing", "official_kwh", "ours_kwh")
    assert {(row["what"], *(float(row[name]) for name in shown)) for row in found} == {
        ("assigned", 7, 7, 3.5, 2.8), ("self-consumed", 7, 0, 1.4, 1.4),
    }  # fmt: skip
    assert [row["implied_beta"] for row in found] == ["0.5", "0.5", "", ""]
    solera("agree", "--community", "valle", "--agreement", "valle.yaml")
    app = create_app(served)
    with owner.client(app) as client:
        told = client.get("/v1/communities/valle/stated-shares", params={"month": "2026-10"}).json()
        refused = client.get("/v1/communities/a/stated-shares", params={"month": "2026-10"})
    with TestClient(app, base_url="http://127.0.0.1", cookies=owner.cookies(app)) as browser:
        page = browser.get("/community/stated", params={"id": "valle", "month": "2026-10"}).text
        empty = browser.get("/community/stated", params={"id": "valle", "month": "2026-09"}).text
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert cells == ["3.50", "2.80", "7 of 7", "50.00 %", "1.40", "1.40", "0 of 7", "–"]
    assert "No distributor has stated surplus and self-consumption" in empty
    assert told["note"].startswith("both rules of counting hours fit alike")
    assert [(row["member"], row["official_kwh"], row["ours_kwh"]) for row in told["shares"][::2]] == [
        ("a", 3.5, 2.8), ("a", 1.4, 1.4),
    ]  # fmt: skip
    assert (refused.status_code, "is no community" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("agreement", "said"),
    [
        ("versions: [{from: 2026-01-01, coefficients: {a: 0.4, b: 0.599999}}]", "add up to 0.999999"),
        ("versions: [{from: 2026-11-01, coefficients: {a: 1}}]", "no agreement holds on 2026-10-25"),
        ("generation: roof\nversions: [{from: 2026-01-01, coefficients: {a: 0.5, d: 0.5}}]", "no installation 'd'"),
        ("versions: [{from: 2026-01-01, coefficients: {a: 1.1}}]", "less than or equal to 1"),
        ("versions: [{from: 2026-01-01, files: [nowhere.txt]}]", "does not name its year"),
        ("versions: {", "can't be read"),
    ],
)
def test_agreements_that_can_not_be_taken_are_refused(solera: Callable[..., Any], agreement: str, said: str) -> None:
    if "no agreement" in said:
        agreement = "generation: roof\n" + agreement
    assert said in share(solera, agreement, refuses=True).replace("\n", " ")


def test_proposals_with_what_each_would_have_done(solera: Callable[..., Any]) -> None:
    """24 known hours of 1 kWh: equal parts use 0.2 and 0.5 of it, the best use all."""
    asked = ["--community", "valle", *DAY, "--format", "csv"]
    found = {row["proposal"]: row for row in solera("propose", *asked)}
    assert float(found["equal"]["self_consumed_kwh"]) == pytest.approx(24 * 0.7)
    assert float(found["best for use, fixed"]["self_consumed_kwh"]) == pytest.approx(24, abs=0.001)
    assert float(found["best for use, hourly"]["self_consumed_kwh"]) == pytest.approx(24, abs=0.001)
    assert float(found["equal"]["a"]) == pytest.approx(24 * 0.2 * 0.20, abs=0.01)
    assert float(found["equal"]["b"]) == pytest.approx(24 * 0.5 * 0.20, abs=0.01)
    assert float(found["equal"]["worst_off_eur"]) == float(found["equal"]["a"])
    assert 0 < float(found["equal"]["gini"]) < 0.5


def test_proposals_by_the_forecasts_with_the_gain_of_each_member(served: Settings, solera: Callable[..., Any]) -> None:
    """Of 1 kWh an hour for two hours equal parts let a use 0.2 and b 0.5 of it, at 0.20 EUR."""
    asked = ["propose", "--community", "valle", "--format", "csv"]
    assert "no published forecast of generation for valle" in " ".join(solera(*asked, refuses=True).split())
    issued = datetime(2026, 11, 1, tzinfo=timezone.utc)
    expected = {("valle", "generation"): 1000.0, ("a", "consumption"): 200.0, ("b", "consumption"): 1000.0}
    rows = [
        {"installation_id": who, "quantity": quantity, "day": issued.date(), "time": issued + n * timedelta(hours=1),
         "issued_at": issued, "run_id": RUN, "p10": 0.0, "p50": wh, "p90": 9e9, "model": "m", "step": "weather"}
        for (who, quantity), wh in expected.items() for n in (11, 12)
    ]  # fmt: skip
    with cassandra.session(served) as session:
        insert(session, "forecast", rows)
        session.execute("UPDATE run SET issued_at = %s WHERE name = 'nightly' AND run_id = %s", (issued, RUN))
    found = {row["proposal"]: row for row in solera(*asked)}
    assert (found["equal"]["a"], found["equal"]["b"], found["equal"]["gain_eur"]) == ("0.08", "0.20", "0.28")
    assert float(found["equal"]["self_consumed_kwh"]) == pytest.approx(1.4)
    assert float(found["best for use, hourly"]["self_consumed_kwh"]) == pytest.approx(2.0, abs=0.001)
    app = create_app(served)
    with owner.client(app) as client:
        told = client.get("/v1/communities/valle/proposals").json()
        of_month = client.get("/v1/communities/valle/proposals", params={"month": "2026-10"}).json()
    with TestClient(app, base_url="http://127.0.0.1", cookies=owner.cookies(app)) as browser:
        page = browser.get("/community/proposals", params={"id": "valle", "ahead": True}).text
    assert (told["hours"], told["is_forecast"], of_month["hours"], of_month["is_forecast"]) == (2, True, 24, False)
    assert told["proposals"][0]["proposal"] == "equal"
    assert told["proposals"][0]["members"] == {"a": 0.08, "b": 0.2}
    assert len(told["proposals"]) == 7
    assert "Proposals by the forecasts" in page


HOUR = timedelta(hours=1)


def test_proposals_of_the_islands_by_their_clock_and_by_forecast_prices(
    served: Settings, solera: Callable[..., Any]
) -> None:
    """A day from midnight to midnight of the Canary clock at 0.10 EUR; then two hours at 0.10 and 0.20, and one that
    has no price, neither known nor forecast."""
    pvpc = HOME | {"territory": "canarias", "energy": {"kind": "pvpc"}, "conventions": {"canary_pvpc": "instant"}}
    isla = {"installation_id": "isla", "kind": "community"}
    homes = [
        {"installation_id": name, "kind": "home", "community_id": "isla", "contracts": [pvpc]}
        for name in ("isa", "ino")
    ]
    begun, ahead = local("2026-06-10T00:00", "canarias"), datetime(2026, 6, 20, 11, tzinfo=timezone.utc)
    issued, day = ahead.replace(hour=0), [begun + n * HOUR for n in range(24)]
    energies = {("isla", "generation"): 1000.0, ("isa", "consumption"): 200.0, ("ino", "consumption"): 1000.0}
    measured = [
        {"installation_id": who, "quantity": quantity, "month": at.date().replace(day=1), "start": at + n * QUARTER,
         "energy_wh": wh / 4, "run_id": RUN, "completeness": 1.0, "method": "measured"}
        for (who, quantity), wh in energies.items() for at in day for n in range(4)
    ]  # fmt: skip
    expected = [
        {"installation_id": who, "quantity": quantity, "day": issued.date(), "time": ahead + n * HOUR,
         "issued_at": issued, "run_id": RUN, "p10": 0.0, "p50": wh, "p90": 9e9, "model": "m", "step": "weather"}
        for (who, quantity), wh in energies.items() for n in range(3)
    ]  # fmt: skip
    paid = [(at, "known", 100.0) for at in (*day, ahead)] + [(ahead + HOUR, "forecast", 200.0)]
    prices = [
        {"market": "pvpc", "zone": "ES-canarias", "day": at.date(), "start": at, "end": at + HOUR, "known_at": issued,
         "price_eur_mwh": price, "kind": kind, "provider": "p"}
        for at, kind, price in paid
    ]  # fmt: skip
    run = "20260620T000500Z"
    with cassandra.session(served) as session:
        write_catalogue(session, parse_catalogue([isla, *homes]), datetime.now(timezone.utc))
        insert(session, "energy_batch", measured)
        insert(session, "price", prices)
        insert(session, "forecast", expected)
        insert(session, "run", [{"name": "nightly", "run_id": run, "cut": issued, "published": issued + HOUR,
                                 "issued_at": issued}])  # fmt: skip
    asked = ["propose", "--community", "isla", "--format", "csv"]
    found = {row["proposal"]: row for row in solera(*asked, "--from", "2026-06-10", "--to", "2026-06-11")}
    assert (found["equal"]["isa"], found["equal"]["ino"]) == ("0.48", "1.20")  # 24 · 0.2 and 24 · 0.5, at 0.10
    found = {row["proposal"]: row for row in solera(*asked)}
    assert (found["equal"]["isa"], found["equal"]["ino"]) == ("0.06", "0.15")  # 0.2 and 0.5, at 0.10 and at 0.20


def test_the_file_of_a_proposal_is_written_and_read_back(solera: Callable[..., Any]) -> None:
    asked = ["--community", "valle", *DAY, "--year", "2027"]
    said = CliRunner().invoke(command_line, ["community", "write-file", "--proposal", "equal", *asked])
    assert said.exit_code == 0, said.output
    assert Path(f"{CAU}_2027.txt").read_bytes() == "\r\n".join(f"{cups};0,500000" for cups in CUPS).encode()
    (first, second) = solera("check", f"{CAU}_2027.txt", "--format", "csv")
    assert (first["mean"], second["mean"]) == ("0.5", "0.5")
    hourly = ["write-file", "--proposal", "best for use, hourly", *asked]
    assert "ask for a whole year" in solera(*hourly, refuses=True).replace("\n", " ")
