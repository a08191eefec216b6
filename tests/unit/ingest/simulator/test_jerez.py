"""The demo's Spanish home: a plausible year by pvlib, and a weather whose clouds are those over its panels."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ingest.catalogue.entries import parse_catalogue
from ingest.simulator.homes import CYCLE_HOURS, CYCLE_START, cycle_hour
from ingest.simulator.jerez import CAPACITY_KW, Jerez, entry, load_jerez

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def jerez(tmp_path_factory: pytest.TempPathFactory) -> Jerez:
    cache = tmp_path_factory.mktemp("cache")
    made, kept = load_jerez(cache), load_jerez(cache)
    assert (kept.home.generation, kept.clouds) == (made.home.generation, made.clouds)
    return made


def test_a_year_is_that_of_a_home_in_the_south_of_spain(jerez: Jerez) -> None:
    generation, consumption = (sum(of) / 1e6 for of in (jerez.home.generation, jerez.home.consumption))
    assert len(jerez.home.generation) == len(jerez.home.consumption) == len(jerez.clouds) == CYCLE_HOURS
    assert 1_000 < generation / CAPACITY_KW < 1_900
    assert 2_000 < consumption < 8_000
    nights = [jerez.home.flows(CYCLE_START + n * HOUR) for n in range(CYCLE_HOURS) if (7 + n) % 24 in (23, 0, 1, 2)]
    assert not any(flows.generation for flows in nights)
    noons = [of for n, of in enumerate(jerez.home.generation) if (7 + n) % 24 == 12]
    assert min(noons) > 0


def test_the_clouds_of_its_weather_are_those_over_its_panels(jerez: Jerez) -> None:
    now = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
    for hours in range(-24, 24 * 7):
        hour = now.replace(minute=0) + hours * HOUR
        assert jerez.weather(now).at(hour).cloud_fraction == jerez.clouds[cycle_hour(hour)]


def test_its_entry_is_one_of_the_catalogue_behind_the_units_that_follow_the_homes(jerez: Jerez) -> None:
    (own,) = parse_catalogue([entry(jerez.home, "127.0.0.1", 5020, 18)])
    assert (own.time_zone, own.municipality_code) == ("Europe/Madrid", "11020")
    units = {each.device_kind: each.connection.unit for each in own.devices}  # type: ignore[union-attr]
    assert units == {"inverter": 35, "meter": 36}
