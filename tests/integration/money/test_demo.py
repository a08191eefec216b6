"""What the demo shows of money, from rows of a month in a real Cassandra."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from conf import Settings
from energy.calendar import MADRID
from ingest.catalogue.agreement import keep
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.homes import COMMUNITY, CONTRACT
from serving_layer.reader import Reader
from stack.demo.money import equal_parts, money
from store import cassandra, schema
from tests.support.money.bills import local
from tests.support.serving_rows import insert

HOMES = (f"{COMMUNITY}-01", f"{COMMUNITY}-02")
START, END = local("2026-10-01T00:00"), local("2026-11-01T00:00")
CUT = datetime(2026, 11, 26, tzinfo=timezone.utc)
RUN = "20261126T000500Z"
QUARTER = timedelta(minutes=15)


def rows() -> Iterator[dict[str, Any]]:
    """By day each home makes 2 kWh an hour and uses 0.4, by night it uses 0.8."""
    start = START
    while start < END:
        sunny = 8 <= start.hour < 16
        use = 100.0 if sunny else 200.0
        values = {"generation": 500.0 * sunny, "consumption": use, "import": 0.0 if sunny else use}
        values["export"] = 500.0 - use if sunny else 0.0
        plain = {"month": start.date().replace(day=1), "start": start, "run_id": RUN, "completeness": 1.0}
        plain["method"] = "measured"
        for home in HOMES:
            for quantity, energy_wh in values.items():
                yield plain | {"installation_id": home, "quantity": quantity, "energy_wh": energy_wh}
        yield plain | {"installation_id": COMMUNITY, "quantity": "generation", "energy_wh": 1000.0 * sunny}
        start += QUARTER


@pytest.fixture(scope="module")
def reader(stack: Settings) -> Iterator[Reader]:
    views = stack.cassandra.model_copy(update={"keyspace": "demo_money"})
    settings = stack.model_copy(update={"cassandra": views, "home": stack.home / "demo_money"})
    schema.apply_schema(settings)
    homes = [{"installation_id": home, "community_id": COMMUNITY, "contracts": [CONTRACT]} for home in HOMES]
    with cassandra.session(settings) as session:
        entries = parse_catalogue([{"installation_id": COMMUNITY, "kind": "community"}, *homes])
        write_catalogue(session, entries, datetime.now(timezone.utc))
        insert(session, "energy_batch", list(rows()))
        keep(session, COMMUNITY, COMMUNITY, equal_parts(HOMES, START.astimezone(MADRID).date()), START)
        insert(
            session,
            "settlement_month",
            [
                {
                    "installation_id": home,
                    "month": date(2026, 10, 1),
                    "community_id": COMMUNITY,
                    "run_id": RUN,
                    "hours": 745,
                    "known_hours": 745,
                    "assigned_wh": 1000.125,
                    "self_consumed_wh": 600.0,
                    "surplus_wh": 400.125,
                    "grid_wh": 2000.0,
                    "total_eur": Decimal("12.34"),
                    "saving_eur": Decimal("5.67"),
                    "changed_hours": 0,
                }
                for home in HOMES
            ],
        )
        insert(session, "run", [{"name": "nightly", "run_id": RUN, "cut": CUT, "published": CUT}])
    found = Reader(settings)
    yield found
    found.close()


@pytest.mark.parametrize("width", [80, 120])
def test_a_homes_month_its_share_and_an_explained_difference(reader: Reader, width: int) -> None:
    written = io.StringIO()
    money(reader, HOMES, CUT, Console(file=written, width=width))
    shown = written.getvalue()
    for expected in (
        "fontana-01: bill of 2026-10 in EUR",
        "compensation",
        "Without its panels",
        "The same month as the night settled it",
        "1000.125",
        "2000.25",
        "24.68",
        "11.34",
        "official bill",
    ):
        assert expected in shown, shown
    assert "has no bill" not in shown
    assert "…" not in shown


def test_a_month_whose_taxes_are_not_known_yet_says_why(reader: Reader) -> None:
    written = io.StringIO()
    money(reader, HOMES, datetime(2027, 3, 2, tzinfo=timezone.utc), Console(file=written, width=120))
    assert "fontana-01 has no bill of 2027-02" in written.getvalue()
    assert "no row covers 2027-02-01" in " ".join(written.getvalue().split())
