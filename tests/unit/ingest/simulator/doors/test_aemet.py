"""A simulated world's weather as AEMET answers, read by the source, beside what was forecast and what was true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from conf import Settings, load_settings
from conf.sections import AemetSettings
from energy.calendar import MADRID
from ingest.simulator.doors import aemet_forms, aemet_stations
from ingest.simulator.doors.aemet import API, Aemet, either
from ingest.simulator.doors.web import served
from ingest.simulator.truth.known import clouds
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.weather import Weather
from ingest.simulator.truth.world import Asked, read_world, write_world
from ingest.sources.aemet import client
from ingest.sources.aemet.weather import Municipality, Observations
from tests.support.peers.datadis_service import Clock

CODE = "28065"
SITE = {"installation_id": "casa-1", "kind": "home", "capacity_kw": 4.0, "municipality_code": CODE}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", params=[date(2026, 3, 26), date(2026, 10, 22)], ids=["spring", "autumn"])
def weather(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """That of the week in which clocks change."""
    folder = tmp_path_factory.mktemp("world")
    write_world(parse_sites(SITE), Asked(request.param, 7, 3600, 1), folder)
    asked, entries = read_world(folder)
    return aemet_forms.places(entries, asked.seed, clouds(folder))[CODE]


@pytest.fixture
def clock(weather: Weather) -> Clock:
    made = Clock()
    made.now = next(iter(sorted(weather.known))) + timedelta(days=1, hours=14, minutes=20)
    return made


@pytest.fixture
def service(weather: Weather, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AEMET of the world, the settings that lead to it, and a client that waits for nothing."""
    places = {CODE: weather}
    found = either(aemet_forms.find(places, clock), aemet_stations.find(places, clock))
    made = Aemet(found, per_minute=10_000)
    with served([made.answer]) as server:
        monkeypatch.setenv("SOLERA_AEMET__BASE", server.base + API)
        settings = load_settings(home=tmp_path)
        asking = client.Aemet("k", settings.aemet.base, client.Quota(10_000), sleep=lambda _: None)
        monkeypatch.setenv("AEMET_API_KEY", "k")
        yield (
            made,
            settings.model_copy(update={"aemet": AemetSettings(base=settings.aemet.base, per_minute=10_000)}),
            asking,
        )


def forecasts(settings: Settings, asking: client.Aemet) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Hourly and daily records, and what was said of them."""
    said: list[str] = []
    of = Municipality(settings, asking, CODE)
    return of.hourly(said.append), of.daily(said.append), said


def test_every_hour_of_two_days_is_read_as_it_was_forecast(service: Any, weather: Weather, clock: Clock) -> None:
    _, settings, asking = service
    records, _, said = forecasts(settings, asking)
    issued = aemet_forms.issued_at(CODE, clock.now)
    assert said == []
    assert {record["issued_at"] for record in records} == {issued}
    local = [record["time"].astimezone(MADRID).replace(tzinfo=None) for record in records]
    first = issued.astimezone(MADRID).replace(tzinfo=None)
    labels = [first + n * HOUR for n in range(48)]
    skipped = [label for label in labels if label not in local]
    assert [label for label in local if label not in labels] == []
    assert all(label.astimezone(timezone.utc).astimezone(MADRID).hour != label.hour for label in in_madrid(skipped))
    for record in records:
        true = weather.forecast(issued, record["time"])
        assert record["temperature_c"] == pytest.approx(true.temperature_c, abs=0.51)
        assert record["cloud_fraction"] == pytest.approx(true.cloud_fraction, abs=0.11)
        assert record["wind_speed_m_s"] == pytest.approx(true.wind_m_s, abs=0.15)


def in_madrid(labels: list[datetime]) -> list[datetime]:
    return [label.replace(tzinfo=MADRID) for label in labels]


def test_days_beyond_have_what_the_daily_forecast_says(service: Any, clock: Clock) -> None:
    _, settings, asking = service
    hourly, daily, said = forecasts(settings, asking)
    assert said == []
    reached = max(record["time"] for record in hourly)
    assert min(record["time"] for record in daily) >= reached - 6 * HOUR
    last = max(record["time"] for record in daily).astimezone(MADRID)
    assert (last.date(), last.hour) == (clock.now.astimezone(MADRID).date() + timedelta(days=6), 12)


def test_a_forecast_errs_the_more_the_farther_it_looks_ahead(weather: Weather) -> None:
    def error(hour: datetime, ahead: timedelta) -> float:
        return abs(weather.forecast(hour - ahead, hour).cloud_fraction - weather.at(hour).cloud_fraction)

    near, far = (fmean(error(hour, ahead) for hour in weather.known) for ahead in (HOUR, 47 * HOUR))
    assert 0 < near < 0.1
    assert far > 1.5 * near


def test_faults_and_a_second_address_that_has_lapsed_cost_a_try_each(service: Any) -> None:
    made, settings, asking = service
    made.faults = [429, 500, 0]
    records, _, _ = forecasts(settings, asking)
    assert len(records) >= 47
    address = asking.fetch(f"/prediccion/especifica/municipio/horaria/{CODE}")
    assert address[1][0]["id"] == int(CODE)
    with pytest.raises(client.NoDataError, match="No hay datos"):
        asking.fetch("/prediccion/especifica/municipio/horaria/08001")
    made.away = True
    with pytest.raises(client.AemetError, match="503"):
        asking.fetch(f"/prediccion/especifica/municipio/horaria/{CODE}")


def test_a_minutes_limit_holds_and_the_clients_budget_keeps_within_it() -> None:
    seconds, settings = [0.0], load_settings()
    made = Aemet(lambda _path: ["an answer"], monotonic=lambda: seconds[0])

    def sleep(for_seconds: float) -> None:
        seconds[0] += for_seconds

    with served([made.answer]) as server:

        def asking(per_minute: int) -> client.Aemet:
            quota = client.Quota(per_minute, lambda: seconds[0], sleep)
            return client.Aemet("k", server.base + API, quota, sleep=sleep)

        patient = asking(settings.aemet.per_minute)
        for _ in range(50):
            patient.fetch("/x")
        assert made.limited == 0
        seconds[0] += 60.0
        hasty = asking(10_000)
        for _ in range(30):
            assert hasty.fetch("/x")[1] == ["an answer"]
        assert made.limited == 1  # and then the next minute is awaited


def test_hours_and_whole_days_of_a_station_are_what_truly_was(service: Any, weather: Weather, clock: Clock) -> None:
    _, settings, _ = service
    first = min(weather.known).date()
    clock.now = datetime.combine(first, datetime.min.time(), timezone.utc) + timedelta(days=6, hours=9)
    said: list[str] = []
    hours, inventory, days = (
        each.fetch(said.append) for each in Observations(settings).missing(first, first + timedelta(days=7))
    )
    assert [word for word in said if "conf/stations.csv" not in word] == []
    assert (len(hours), len(inventory)) == (12, 0)
    for record in hours:
        true = weather.at(record["time"])
        assert record["temperature_c"] == pytest.approx(true.temperature_c, abs=0.06)
        assert record["wind_speed_m_s"] == pytest.approx(true.wind_m_s, abs=0.06)
    assert 0 < sum("relative_humidity" in record for record in hours) < 12
    assert [record["time"].date() for record in days] == [first + timedelta(days=n) for n in range(3)]
    for record in days:
        clouds_of_day = fmean(weather.at(record["time"] + n * HOUR).cloud_fraction for n in range(24))
        assert record["cloud_fraction"] == pytest.approx(clouds_of_day, abs=0.01)
        assert record["precipitation_mm"] == 0.0


def test_too_many_days_at_once_are_none(weather: Weather, clock: Clock) -> None:
    find = aemet_stations.find({CODE: weather}, clock)
    span = "/valores/climatologicos/diarios/datos/fechaini/2026-01-01T00:00:00UTC/fechafin/2026-01-{}T23:59:59UTC/{}"
    assert find(span.format(15, "todasestaciones")) is not None
    assert find(span.format(16, "todasestaciones")) is None
