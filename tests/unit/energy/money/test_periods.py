"""Energy periods on days that other programs get wrong, and of every territory and season."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from conf.tariffs import tariffs
from energy.calendar import local_day, quarter_hours
from energy.money.dated import NoRule
from energy.money.periods import TERRITORIES
from energy.money.tariff import UnknownTariff
from tests.support.recorded import SHARED

MADRID = ZoneInfo("Europe/Madrid")
SIX = ("3.0TD", "6.1TD")


def at(text: str, zone: str = "Europe/Madrid") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


def period(instant: datetime, territory: str = "peninsula", tariff: str = "2.0TD") -> str:
    day = instant.astimezone(TERRITORIES[territory]).date()
    return tariffs().of(tariff).periods_on(day, territory).at(instant)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        pytest.param("2026-06-03T07:59", "P3", id="night"),
        pytest.param("2026-06-03T08:00", "P2", id="morning"),
        pytest.param("2026-06-03T10:00", "P1", id="peak"),
        pytest.param("2026-06-03T14:00", "P2", id="afternoon"),
        pytest.param("2026-06-03T21:59", "P1", id="evening-peak"),
        pytest.param("2026-06-03T23:59", "P2", id="late"),
        pytest.param("2026-04-03T11:00", "P1", id="good-friday-is-no-valley"),
        pytest.param("2026-12-08T11:00", "P3", id="inmaculada"),
        pytest.param("2026-08-15T11:00", "P3", id="saturday-and-holiday"),
        pytest.param("2026-01-06T11:00", "P3", id="epiphany"),
        pytest.param("2026-06-06T11:00", "P3", id="saturday"),
        pytest.param("2026-03-19T11:00", "P1", id="regional-holiday"),
        pytest.param("2022-12-26T11:00", "P1", id="monday-that-stands-for-a-sunday"),
        pytest.param("2026-11-06T11:00", "P1", id="sixth-of-november"),
    ],
)
def test_the_peninsula_and_by_their_own_clock_the_canary_islands(local: str, expected: str) -> None:
    assert period(at(local)) == expected
    assert period(at(local), "baleares") == expected
    assert period(at(local, "Atlantic/Canary"), "canarias") == expected


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "P3"), (8, "P2"), (10, "P2"), (11, "P1"), (15, "P2"), (18, "P2"), (19, "P1"), (23, "P2")],
)
@pytest.mark.parametrize("territory", ["ceuta", "melilla"])
@pytest.mark.parametrize("month", range(1, 13))
def test_the_african_cities_have_the_same_hours_all_year(month: int, territory: str, hour: int, expected: str) -> None:
    working = next(d for d in range(9, 16) if date(2026, month, d).weekday() == 1)
    assert period(at(f"2026-{month:02d}-{working:02d}T{hour:02d}:30"), territory) == expected


SEASONS = {
    # territory: first dear hours, second dear hours, (dear, other) from January to December
    "peninsula": (range(9, 14), range(18, 22), "12 12 23 45 45 34 12 34 34 45 23 12"),
    "baleares": (range(10, 15), range(18, 22), "34 34 45 45 23 12 12 12 12 23 45 34"),
    "canarias": (range(10, 15), range(18, 22), "24 24 24 45 45 45 13 13 13 13 23 23"),
    "ceuta": (range(10, 15), range(19, 23), "14 14 24 35 35 35 23 14 14 23 24 24"),
    "melilla": (range(10, 15), range(19, 23), "12 23 45 45 45 34 12 12 12 34 34 23"),
}


@pytest.mark.parametrize("territory", SEASONS)
@pytest.mark.parametrize("tariff", SIX)
def test_six_periods_of_every_territory_month_and_hour(territory: str, tariff: str) -> None:
    morning, evening, months = SEASONS[territory]
    for month, pair in enumerate(months.split(), start=1):
        dear, other = tuple(pair)
        working = next(d for d in range(13, 20) if date(2026, month, d).weekday() == 2)
        for hour in range(24):
            local = datetime(2026, month, working, hour, tzinfo=TERRITORIES[territory])
            expected = "6" if hour < 8 else dear if hour in morning or hour in evening else other
            assert period(local, territory, tariff) == f"P{expected}", local
            assert period(local + timedelta(days=10), territory, tariff) == "P6"  # a Saturday


def test_hours_of_a_day_and_of_the_day_clocks_change() -> None:
    working = Counter(period(start) for start in quarter_hours(*local_day(date(2026, 6, 3), MADRID)))
    assert working == {"P1": 32, "P2": 32, "P3": 32}
    change = Counter(period(start) for start in quarter_hours(*local_day(date(2026, 10, 25), MADRID)))
    assert change == {"P3": 100}


def test_a_territory_a_tariff_and_a_day_that_are_not_known_are_named() -> None:
    with pytest.raises(UnknownTariff, match="andorra"):
        tariffs().of("2.0TD").periods_on(date(2026, 6, 3), "andorra")
    with pytest.raises(UnknownTariff, match="DHA"):
        tariffs().of("2.1DHA")
    with pytest.raises(NoRule, match="2021-05-31"):
        tariffs().of("2.0TD").periods_on(date(2021, 5, 31), "peninsula")


COLUMNS = {"peninsula": "TEUPCB", "baleares": "TEUPCB", "ceuta": "TEUCYM", "melilla": "TEUCYM"}


@pytest.mark.parametrize("day_file", ["PVPC_CURV_DD_2021_06_01.json", "PVPC_CURV_DD_2021_10_30.json"])
def test_the_tolls_in_a_published_day_are_those_of_its_periods(day_file: str) -> None:
    """Each hour's tolls and charges, of the peninsula (PCB) and of Ceuta and Melilla (CYM), to 0.01 EUR/MWh."""
    path = SHARED / "api" / "esios" / day_file
    if not path.is_file():
        pytest.skip(f"the published day is not here: {path} (SOLERA_SHARED_DATA names the folder)")
    access = tariffs().of("2.0TD")
    for hour, row in enumerate(json.loads(path.read_text("utf-8"))["PVPC"]):
        day = datetime.strptime(row["Dia"], "%d/%m/%Y").replace(tzinfo=MADRID)
        for territory, column in COLUMNS.items():
            at_hour = int(period(day.replace(hour=hour), territory)[1:]) - 1
            regulated = sum(series.on(day.date()).value.energy[at_hour] for series in (access.tolls, access.charges))
            assert float(row[column].replace(",", ".")) == pytest.approx(regulated / 1000, abs=0.0051), (hour, column)
