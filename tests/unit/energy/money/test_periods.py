"""2.0TD periods on days that other programs get wrong."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from energy.calendar import local_day
from energy.money.periods import UnknownTerritory, is_valley_day, period_2_0td, periods_2_0td

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str, zone: str = "Europe/Madrid") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


@pytest.mark.parametrize(
    ("local", "period"),
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
    ],
)
def test_peninsula(local: str, period: str) -> None:
    assert period_2_0td(at(local)) == period
    assert period_2_0td(at(local), "baleares") == period
    assert period_2_0td(at(local, "Atlantic/Canary"), "canarias") == period


@pytest.mark.parametrize(
    ("hour", "period"), [(0, "P3"), (8, "P2"), (10, "P2"), (11, "P1"), (15, "P2"), (18, "P2"), (19, "P1"), (23, "P2")]
)
@pytest.mark.parametrize("territory", ["ceuta", "melilla"])
def test_africa(hour: int, period: str, territory: str) -> None:
    assert period_2_0td(at(f"2026-06-03T{hour:02d}:30"), territory) == period


def test_hours_of_a_day_and_of_the_day_clocks_change() -> None:
    working = periods_2_0td(*local_day(datetime(2026, 6, 3).date(), MADRID))  # noqa: DTZ001
    assert Counter(working.values()) == {"P1": 32, "P2": 32, "P3": 32}
    change = periods_2_0td(*local_day(datetime(2026, 10, 25).date(), MADRID))  # noqa: DTZ001
    assert Counter(change.values()) == {"P3": 100}
    assert is_valley_day(datetime(2026, 11, 1).date())  # noqa: DTZ001


def test_a_territory_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownTerritory, match="andorra"):
        period_2_0td(at("2026-06-03T11:00"), "andorra")
