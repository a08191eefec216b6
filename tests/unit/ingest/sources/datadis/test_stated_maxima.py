"""The greatest power of a month as Datadis answers it, on this machine: by period, in watts or kW, asked once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf import Settings
from ingest.simulator.doors.datadis import supply
from ingest.sources.datadis.maxima import MAXIMA, maxima
from ingest.sources.datadis.monthly import Asked, Monthly
from ingest.sources.datadis.registered import Home, Month, Registered, Table
from ingest.sources.source import Failures, Unreadable
from tests.support.peers.datadis_service import Clock, Service, datadis_service

CUPS = "ES0189000048220011CR0F"
NOW = datetime(2026, 3, 15, 0, 10, tzinfo=timezone.utc)
FEBRUARY = date(2026, 2, 1)


class Catalogue(Registered):
    """One home, and the table."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, date, str], Mapping[str, Any]] = {}

    def homes(self) -> list[Home]:
        return [Home("casa", CUPS, "Europe/Madrid")]

    def held(self, _table: Table, installations: Iterable[str]) -> set[Month]:
        asked = set(installations)
        return {(name, month) for name, month, _ in self.table if name in asked}

    def keep(self, _table: Table, installation_id: str, records: Iterable[Mapping[str, Any]]) -> None:
        self.table |= {(installation_id, each["month"], each["period"]): each for each in records}


def row(**stated: Any) -> dict[str, Any]:
    return {"cups": CUPS, "date": "2026/02/12", "time": "21:15", "maxPower": 3.516, "period": "PUNTA", **stated}


def read(rows: list[Any], contracted_kw: float = 3.45, month: date = FEBRUARY) -> tuple[list[Any], list[str]]:
    """What is read, and what was said."""
    said: list[str] = []
    with Unreadable("x", said.append) as unreadable:
        found = maxima(rows, Asked(month, contracted_kw, "Europe/Madrid"), unreadable)
        return [(each["period"], each["power_w"], each["at"]) for each in found], said


@pytest.fixture
def service(login: None) -> Iterator[Service]:
    with datadis_service(Clock()) as running:
        running.supplies = [supply(CUPS, validDateFrom="2025/11/20")]
        yield running


def ask(own: Settings, service: Service, catalogue: Catalogue, now: datetime) -> list[str]:
    """The questions, in order."""
    assert isinstance(service.now, Clock)
    service.now.now = now
    source = Monthly(MAXIMA, own, now)
    source.registered = catalogue
    return [name for name, _ in Failures().answers(source.missing(), print)]


def test_past_months_are_asked_the_newest_first_until_they_are_answered(own: Settings, service: Service) -> None:
    service.maxima = {CUPS: [row(), row(period="VALLE", maxPower=2.5), row(date="2025/12/01", maxPower=5.0)]}
    catalogue = Catalogue()
    assert ask(own, service, catalogue, NOW) == [
        f"{CUPS}-{month}-power" for month in ("2026-02", "2026-01", "2025-12", "2025-11")
    ]
    assert catalogue.table.keys() == {
        ("casa", FEBRUARY, "P1"),
        ("casa", FEBRUARY, "P3"),
        ("casa", date(2025, 12, 1), "P1"),
    }
    kept = catalogue.table["casa", FEBRUARY, "P1"]
    assert (kept["power_w"], kept["at"], kept["known_at"]) == (
        3516.0,
        datetime(2026, 2, 12, 20, 15, tzinfo=timezone.utc),
        NOW,
    )
    assert ask(own, service, catalogue, NOW + timedelta(hours=23)) == []
    service.maxima[CUPS].append(row(date="2026/01/05"))
    later = ask(own, service, catalogue, NOW + timedelta(hours=25))
    assert later == [f"{CUPS}-2026-01-power", f"{CUPS}-2025-11-power"]  # what was empty
    assert ("casa", date(2026, 1, 1), "P1") in catalogue.table
    for day in range(3, 40):
        ask(own, service, catalogue, NOW + timedelta(days=day))
    november = [path for path in service.asked if "max-power" in path and "2025%2F11" in path]
    assert len(november) == 1
    assert service.wasted == 0


def test_a_month_is_asked_for_when_a_late_distributor_has_it(own: Settings, service: Service) -> None:
    service.maxima = {CUPS: [row(), row(date="2026/01/05"), row(date="2025/12/01"), row(date="2025/11/30")]}
    catalogue = Catalogue()
    for day in (1, 4):
        assert f"{CUPS}-2026-02-power" not in ask(
            own, service, catalogue, datetime(2026, 3, day, 12, tzinfo=timezone.utc)
        )
    assert ask(own, service, catalogue, datetime(2026, 3, 6, 12, tzinfo=timezone.utc)) == [f"{CUPS}-2026-02-power"]


@pytest.mark.parametrize(
    ("stated", "contracted_kw", "watts"),
    [
        (3.516, 3.45, 3516.0),  # as a capture shows
        (4879.0, 3.45, 4879.0),  # as the documentation says
        ("3,516", 3.45, 3516.0),
        (60.0, 3.45, 60_000.0),  # no home with 60 W at most in a month
        (420.0, 450.0, 420_000.0),
        (420_000.0, 450.0, 420_000.0),
        (14.2, 15.0, 14_200.0),
        (0, 3.45, 0.0),
    ],
)
def test_watts_and_kilowatts_are_distinguished_by_the_contracted_power(
    stated: Any, contracted_kw: float, watts: float
) -> None:
    found, said = read([row(maxPower=stated)], contracted_kw)
    assert [each[1] for each in found] == [watts]
    assert said == []


def test_an_answer_has_one_unit() -> None:
    """A period in which nothing runs has 35 W: its neighbours say that it is watts."""
    found, _ = read([row(maxPower=3516.0), row(period="VALLE", maxPower=35.0)])
    assert [each[:2] for each in found] == [("P1", 3516.0), ("P3", 35.0)]


@pytest.mark.parametrize(
    ("day", "time", "at"),
    [
        ("2026/02/12", "24:00", "2026-02-12T23:00+00:00"),
        ("2026/02/12", "00:15", "2026-02-11T23:15+00:00"),
        ("2026/03/29", "01:45", "2026-03-29T00:45+00:00"),
        ("2026/03/29", "02:15", None),  # the clocks skip it
        ("2026/03/29", "03:00", "2026-03-29T01:00+00:00"),
        ("2026/03/29", "24:00", "2026-03-29T22:00+00:00"),
        ("2026/10/25", "02:30", "2026-10-25T00:30+00:00"),  # the first of two
        ("2026/10/25", "03:15", "2026-10-25T02:15+00:00"),
        ("2026/10/25", "24:00", "2026-10-25T23:00+00:00"),
    ],
)
def test_instants_by_the_clock(day: str, time: str, at: str | None) -> None:
    month = datetime.strptime(day[:7], "%Y/%m").date()  # noqa: DTZ007  a local month
    found, said = read([row(date=day, time=time)], month=month)
    assert [each[2] for each in found] == [None if at is None else datetime.fromisoformat(at)]
    assert said == []


@pytest.mark.parametrize(
    ("stated", "period"),
    [("PUNTA", "P1"), ("LLANO", "P2"), ("valle", "P3"), (1, "P1"), ("6", "P6"), ("P4", "P4"), (" 2 ", "P2")],
)
def test_periods_by_every_name(stated: Any, period: str) -> None:
    assert [each[0] for each in read([row(period=stated)])[0]] == [period]


@pytest.mark.parametrize(
    "wrong",
    [
        dict.fromkeys(row(), ""), row(maxPower=None), row(maxPower=-1), row(maxPower="nan"), row(period="7"),
        row(period=None), row(date="2026/01/12"), row(date="2026-02-12"), row(date="2026/02/30"), row(time="24:15"),
        row(time="x"), None, [],
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_left_out(wrong: Any) -> None:
    found, said = read([wrong, row()])
    assert len(found) == 1
    assert "1 of its values can't be read" in said[0]


def test_the_greatest_of_a_period_counts() -> None:
    found, _ = read([row(maxPower=2.0), row(maxPower=3.0, time="10:00"), row(maxPower=1.0)])
    assert [each[:2] for each in found] == [("P1", 3000.0)]


values: st.SearchStrategy[Any] = st.none() | st.text(max_size=8) | st.floats() | st.integers() | st.booleans()
some = {
    "date": values | st.sampled_from(["2026/02/28", "2026/02/31", "0000/00/00"]),
    "time": values | st.sampled_from(["00:00", "24:00", "99:99"]),
    "maxPower": values, "period": values | st.sampled_from(["PUNTA", "1", "P6"]),
}  # fmt: skip


@settings(deadline=None)
@given(st.lists(values | st.fixed_dictionaries({}, optional=some), max_size=6))
def test_any_rows_are_read_or_counted(rows: list[Any]) -> None:
    with Unreadable("x", lambda _: None) as unreadable:
        found = maxima(rows, Asked(FEBRUARY, 3.45, "Europe/Madrid"), unreadable)
    assert all(each["power_w"] >= 0 and each["period"] in {f"P{n}" for n in range(1, 7)} for each in found)
