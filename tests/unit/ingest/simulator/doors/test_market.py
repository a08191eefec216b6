"""A simulated market's days of 23, 24 and 25 hours, as OMIE and Red Eléctrica state them, read by the sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from energy.calendar import MADRID
from ingest.simulator.doors import omie
from ingest.simulator.doors.esios import Esios
from ingest.simulator.doors.web import served
from ingest.simulator.truth.market import Market, out_at
from ingest.sources import prices
from ingest.sources.esios import EsiosError
from ingest.sources.price_records import canary_shift
from ingest.sources.timetable import PVPC_OUT, SPOT_OUT
from tests.support.doors.price_days import fetch_days
from tests.support.peers.datadis_service import Clock

SEED, TOKEN = 1, "of-the-world"
DAYS = {date(2025, 3, 30): 23, date(2025, 10, 26): 25, date(2026, 3, 29): 23, date(2026, 6, 1): 24,
        date(2026, 10, 25): 25}  # fmt: skip
MARKET = Market(SEED)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _services(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """OMIE and Red Eléctrica of the world, at the addresses that the settings name."""
    monkeypatch.setattr(prices, "PAUSE_S", 0.0)
    monkeypatch.setenv("ESIOS_TOKEN", TOKEN)
    with served([omie.door(MARKET, clock), Esios(MARKET, clock, TOKEN).answer]) as server:
        for name in ("OMIE__BASE", "ESIOS__BASE", "ESIOS__APIDATOS"):
            monkeypatch.setenv(f"SOLERA_{name}", server.base)
        yield


def read(source: str, day: date) -> dict[tuple[str, str], list[tuple[datetime, timedelta, float]]]:
    """By market and zone, start, length and price of each record."""
    said: list[str] = []
    ((_, records),) = fetch_days(source, [day], said.append)
    assert said == []
    found: dict[tuple[str, str], list[Any]] = {}
    for each in records:
        period = each["start"], each["end"] - each["start"], each["price_eur_mwh"]
        found.setdefault((each["market"], each["zone"]), []).append(period)
    return {name: sorted(of) for name, of in found.items()}


def true(day: date, of: list[float], hourly: bool = True) -> list[tuple[datetime, timedelta, float]]:
    starts = MARKET.starts(day, hourly)
    return [(start, starts[1] - starts[0], price) for start, price in zip(starts, of, strict=True)]


@pytest.mark.parametrize("day", DAYS)
def test_omies_day_is_the_markets_in_its_last_version(day: date, clock: Clock) -> None:
    clock.now = datetime.combine(day, datetime.min.time(), MADRID)
    found = read("omie", day)
    assert found == {
        ("spot", "ES"): true(day, MARKET.spot(day), hourly=False),
        ("spot", "PT"): true(day, MARKET.portugal(day), hourly=False),
    }
    assert len(found["spot", "ES"]) == DAYS[day] * (1 if day < date(2025, 10, 1) else 4)


@pytest.mark.parametrize("day", DAYS)
def test_red_electricas_days_are_the_markets(day: date, clock: Clock) -> None:
    clock.now = datetime.combine(day, datetime.min.time(), MADRID)
    peninsula, cities = true(day, MARKET.pvpc(day)), true(day, MARKET.pvpc(day, "CYM"))
    islands = [(start + canary_shift(start), length, price) for start, length, price in peninsula]
    regulated = {
        ("pvpc", "ES-peninsula"): peninsula, ("pvpc", "ES-baleares"): peninsula, ("pvpc", "ES-ceuta"): cities,
        ("pvpc", "ES-melilla"): cities, ("pvpc", "ES-canarias"): sorted(islands),
    }  # fmt: skip
    assert len(peninsula) == DAYS[day]
    assert read("pvpc", day) == regulated
    assert read("esios", day) == {**regulated, ("surplus", "ES"): true(day, MARKET.surplus(day))}
    spot = true(day, MARKET.spot(day), hourly=False)
    assert read("apidatos", day) == {("pvpc", "ES-peninsula"): peninsula, ("spot", "ES"): spot}


@pytest.mark.parametrize(("source", "out"), [("omie", SPOT_OUT), ("pvpc", PVPC_OUT), ("esios", PVPC_OUT)])
def test_nothing_is_there_before_its_time_and_all_when_solera_asks(source: str, out: Any, clock: Clock) -> None:
    for day in (date(2026, 6, 1), date(2026, 6, 2)):
        clock.now = out_at(day, out) - timedelta(minutes=11)
        assert read(source, day) == {}
        clock.now = out_at(day, out)
        assert read(source, day)


def test_a_second_version_corrects_the_first(clock: Clock) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(60)]
    again = [day for day in days if MARKET.is_republished(day)]
    assert 4 < len(again) < 24
    clock.now = out_at(again[0], SPOT_OUT)
    first = read("omie", again[0])["spot", "ES"]
    clock.now += timedelta(hours=2)
    second = read("omie", again[0])["spot", "ES"]
    assert [before != after for before, after in zip(first, second, strict=True)].count(True) == 1
    assert second == true(again[0], MARKET.spot(again[0]), hourly=False)


def test_another_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESIOS_TOKEN", "another")
    with pytest.raises(EsiosError, match="refuses the token"):
        list(fetch_days("esios", [date(2026, 6, 1)]))


def test_some_prices_are_below_zero_and_another_seed_has_others() -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert any(price < 0 for day in year for price in MARKET.spot(day))
    assert MARKET.spot(year[0]) == Market(SEED).spot(year[0]) != Market(SEED + 1).spot(year[0])
    assert MARKET.starts(year[0])[0] == datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
