"""The demo homes: instants, netting, and agreement with a plain pandas script."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf import load_settings
from energy.topics import TOPICS
from ingest.simulator import citylearn
from ingest.simulator.homes import CYCLE_HOURS, CYCLE_START, Home, catalogue, cycle_hour, history
from tests.support.plain_homes import plain_hours

CUT = datetime(2026, 11, 21, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
hours = st.integers(0, 20 * 8766).map(lambda n: datetime(2020, 1, 1, tzinfo=timezone.utc) + n * HOUR)


def small_home(generation: int, consumption: int) -> Home:
    return Home(
        "home-1",
        "Home 1",
        4.0,
        [generation] * CYCLE_HOURS,
        [consumption] * CYCLE_HOURS,
    )


@given(hours)
def test_every_hour_keeps_its_weekday_and_hour(hour: datetime) -> None:
    source = CYCLE_START + cycle_hour(hour) * HOUR
    assert (source.weekday(), source.hour) == (hour.weekday(), hour.hour)


@given(hours)
def test_the_next_hour_is_the_next_hour_of_the_record_except_at_the_years_seams(hour: datetime) -> None:
    step = (cycle_hour(hour + HOUR) - cycle_hour(hour)) % CYCLE_HOURS
    assert step == 1 or (step == CYCLE_HOURS - 167 and (hour + HOUR).isocalendar().week in (52, 53))


@given(hours)
def test_seasons_do_not_drift(hour: datetime) -> None:
    source = CYCLE_START + cycle_hour(hour) * HOUR
    days = abs(source.timetuple().tm_yday - hour.timetuple().tm_yday)
    assert min(days, 366 - days) <= 8


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_flows_balance_exactly(generation: int, consumption: int) -> None:
    flows = small_home(generation, consumption).flows(CUT)
    assert flows.consumption == flows.generation + flows.import_ - flows.export
    assert flows.self_consumption == flows.generation - flows.export
    assert min(flows.import_, flows.export) == 0


def test_history_is_a_year_of_records_that_are_accepted() -> None:
    import json

    records = list(history([small_home(1, 2)], CUT))
    assert len(records) == 8760
    assert records[0]["start"] == "2025-11-21T00:00:00Z"
    assert records[-1]["end"] == records[-1]["known_at"] == "2026-11-21T00:00:00Z"
    TOPICS["intervals"].parse(json.dumps(records[-1]).encode(), CUT)


def test_catalogue_numbers_the_units_inverter_then_meter() -> None:
    community, first, second = catalogue([small_home(1, 2), small_home(1, 2)], "127.0.0.1", 5020)
    assert community["kind"] == "community"
    assert community["capacity_kw"] == 8.0
    units = [d["connection"]["unit"] for d in itertools.chain(first["devices"], second["devices"])]
    assert units == [1, 2, 3, 4]


def test_no_package_index_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(citylearn.HomesUnavailableError, match=r"could not be fetched.*run the command again"):
        citylearn.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = load_settings().cache / "citylearn-1.8.0"
    if not folder.is_dir():
        pytest.skip("the homes' files are not in the cache; `solera demo` fetches them")
    return folder


def test_homes_equal_a_plain_pandas_script(folder: Path) -> None:
    homes = citylearn.read_homes(folder)
    assert len(homes) == 17
    for number in (1, 4, 17):
        home = homes[number - 1]
        plain = plain_hours(folder, number, "2025-11-21", "2026-11-23")
        for hour, row in zip(plain.index[::7], plain.to_dict("records")[::7], strict=True):
            flows = home.flows(hour.to_pydatetime())
            assert [
                f / 1000 for f in (flows.generation, flows.consumption, flows.import_, flows.export)
            ] == pytest.approx([row["generation"], row["consumption"], row["import"], row["export"]], abs=2e-3)


def test_the_sun_stands_highest_at_solar_noon_in_every_month(folder: Path) -> None:
    """The reading of the clock that ``citylearn`` explains: the centre of generation lies near solar noon."""
    homes = citylearn.read_homes(folder)
    total = np.sum([home.generation for home in homes], axis=0)
    local = [(CYCLE_START + h * HOUR + HOUR / 2).astimezone(ZoneInfo("Etc/GMT+8")) for h in range(CYCLE_HOURS)]
    clock = np.array([t.hour + t.minute / 60 for t in local])
    for month in range(1, 13):
        of_month = np.array([t.month == month for t in local])
        centre = np.average(clock[of_month], weights=total[of_month])
        assert centre == pytest.approx(11.9, abs=0.45), month
