"""Reactive energy as Datadis documents it: by month and period, of supplies above 15 kW alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf import Settings
from ingest.simulator.doors.datadis import supply
from ingest.sources.datadis.monthly import Asked, Monthly
from ingest.sources.datadis.reactive import REACTIVE, reactive
from ingest.sources.datadis.registered import Home, Month, Registered, Table
from ingest.sources.source import Failures, Unreadable
from tests.support.peers.datadis_service import Service, datadis_service

HOME, SHOP = "ES0189000048220011CR0F", "ES0237000000130940CT"
NOW = datetime(2026, 3, 15, 0, 10, tzinfo=timezone.utc)
FEBRUARY = Asked(date(2026, 2, 1), 30.0, "Europe/Madrid")
MONTH = {"date": "2026/02", "energy_p1": 0, "energy_p2": 100, "energy_p3": None, "energy_p4": "12,5", "energy_p6": -150}
EXPECTED = [("P1", 0.0), ("P2", 100_000.0), ("P4", 12_500.0), ("P6", -150_000.0)]


class Catalogue(Registered):
    """A home and a shop, and what is kept of them."""

    def __init__(self) -> None:
        self.table: list[tuple[str, date, str, float]] = []

    def homes(self) -> list[Home]:
        return [Home("casa", HOME, "Europe/Madrid"), Home("tienda", SHOP, "Europe/Madrid")]

    def held(self, _table: Table, _installations: Iterable[str]) -> set[Month]:
        return {(name, month) for name, month, *_ in self.table}

    def keep(self, table: Table, installation_id: str, records: Iterable[Mapping[str, Any]]) -> None:
        assert table.name == "reactive_energy"
        self.table += [(installation_id, each["month"], each["period"], each["energy_varh"]) for each in records]


@pytest.fixture
def service(login: None) -> Iterator[Service]:
    with datadis_service(lambda: NOW) as running:
        running.supplies = [supply(HOME), supply(SHOP, pointType=4, validDateFrom="2026/01/10")]
        running.reactive = {SHOP: [MONTH]}
        yield running


def read(rows: list[Any]) -> tuple[list[tuple[str, float]], list[str]]:
    """What is read, and what was said."""
    said: list[str] = []
    with Unreadable("x", said.append) as unreadable:
        return [(each["period"], each["energy_varh"]) for each in reactive(rows, FEBRUARY, unreadable)], said


def test_supplies_above_15_kw_are_asked_month_by_month(own: Settings, service: Service) -> None:
    source = Monthly(REACTIVE, own, NOW)
    source.registered = catalogue = Catalogue()
    asked = [name for name, _ in Failures().answers(source.missing(), print)]
    assert asked == [f"{SHOP}-2026-02-reactive", f"{SHOP}-2026-01-reactive"]
    assert catalogue.table == [("tienda", date(2026, 2, 1), period, varh) for period, varh in EXPECTED]
    assert service.wasted == 0


@pytest.mark.parametrize(
    "rows",
    [
        [{"cups": SHOP, "energy": [MONTH, MONTH | {"date": "2026/01", "energy_p1": 7}], "code": "001"}],
        [{"cups": SHOP, "energy": MONTH}],
        [MONTH | {"date": "2026-02"}],
        [{"energy": [None, MONTH, "x"]}, None],
    ],
)
def test_every_form_of_an_answer_is_read(rows: list[Any]) -> None:
    assert read(rows) == (EXPECTED, [])


def test_what_cannot_be_read_is_said() -> None:
    found, said = read([MONTH | {"energy_p1": "x", "energy_p2": ""}])
    assert [period for period, _ in found] == ["P4", "P6"]
    assert "energy_p1 x" in said[0]


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=8) | st.floats() | st.integers() | st.booleans(),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.sampled_from(["energy", *MONTH]), each),
)


@settings(deadline=None)
@given(st.lists(values, max_size=4))
def test_any_rows_are_read_or_counted(rows: list[Any]) -> None:
    with Unreadable("x", lambda _: None) as unreadable:
        assert len(reactive(rows, FEBRUARY, unreadable)) <= 6
