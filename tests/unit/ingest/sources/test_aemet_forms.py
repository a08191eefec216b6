"""AEMET's forms: every oddity of the genuine answers, and the genuine answers themselves."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conf.stations import DAILY_VALUES
from energy.topics import TOPICS
from ingest.sources.aemet import forms, stations
from ingest.sources.aemet.sky import cloud_fraction
from tests.support.recorded import aemet_answer, naming, recorded

KNOWN_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
HOURLY = [
    {
        "elaborado": "2021-01-09T11:47:45",
        "prediccion": {
            "dia": [
                {
                    "fecha": "2021-01-09T00:00:00",
                    "estadoCielo": [{"value": "36n", "periodo": "07"}, {"value": "12", "periodo": "08"}],
                    "temperatura": [{"value": "-0", "periodo": "07"}, {"value": "3", "periodo": "08"}],
                    "precipitacion": [{"value": "Ip", "periodo": "07"}],
                    "probPrecipitacion": [{"value": "", "periodo": "0107"}, {"value": "40", "periodo": "0713"},
                                          {"value": "10", "periodo": "1901"}],
                    "vientoAndRachaMax": [{"direccion": ["NE"], "velocidad": ["36"], "periodo": "07"},
                                          {"value": "72", "periodo": "07"}],
                }
            ]
        },
    }
]  # fmt: skip


def test_hourly_forecast_reads_both_wind_shapes_and_local_hours() -> None:
    first, second = forms.hourly_forecast(HOURLY, "28065")
    assert first["time"] == datetime(2021, 1, 9, 6, tzinfo=timezone.utc)
    assert first["issued_at"] == datetime(2021, 1, 9, 10, 47, 45, tzinfo=timezone.utc)
    assert (first["wind_speed_m_s"], first["wind_gust_m_s"]) == (10.0, 20.0)
    assert (first["temperature_c"], first["precipitation_mm"], first["cloud_fraction"]) == (0.0, 0.0, 1.0)
    assert first["precipitation_probability"] == 0.4
    assert "wind_speed_m_s" not in second


def test_canary_hours_are_the_islands_own() -> None:
    assert forms.hourly_forecast(HOURLY, "35016")[0]["time"] == datetime(2021, 1, 9, 7, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("code", "fraction"),
    [
        ("11", 0.0),
        ("11n", 0.0),
        ("14", 0.6),
        ("16n", 1.0),
        ("43", 0.4),
        ("26", 1.0),
        ("51", 0.4),
        ("74n", 1.0),
        ("99", None),
        ("", None),
    ],
)
def test_cloud_fraction(code: str, fraction: float | None) -> None:
    assert cloud_fraction(code) == fraction


@pytest.mark.parametrize(
    ("stated", "start"),
    [("2021-01-08T14:00:00", 13), ("2021-01-08T14:00:00+0000", 13)],
)
def test_observation_hours_end_at_fint(stated: str, start: int) -> None:
    (record,) = stations.observations([{"idema": "3195", "fint": stated, "ta": 1.5}], KNOWN_AT)
    assert record["time"] == datetime(2021, 1, 8, start, tzinfo=timezone.utc)
    assert "wind_speed_m_s" not in record


DAY = {
    "indicativo": "3195",
    "fecha": "2020-06-21",
    "tmed": "17,3",
    "prec": "Ip",
    "velmedia": "1,1",
    "sol": "7,45",
    "horatmax": "Varias",
}


def test_daily_values_read_commas_traces_and_absences() -> None:
    (record,) = stations.daily_values([DAY], {"3195": 40.4}, KNOWN_AT)
    assert record["time"] == datetime(2020, 6, 21, tzinfo=timezone.utc)
    assert (record["location_id"], record["provider"], record["kind"]) == ("3195", DAILY_VALUES, "observation")
    assert (record["temperature_c"], record["precipitation_mm"], record["wind_speed_m_s"]) == (17.3, 0.0, 1.1)
    assert "relative_humidity" not in record
    assert "precipitation_mm" not in stations.daily_values([{**DAY, "prec": "Acum"}], {}, KNOWN_AT)[0]


@pytest.mark.parametrize(("sunshine", "fraction"), [("0,0", 1.0), ("7,45", 0.5), ("14,9", 0.0), ("15,9", 0.0)])
def test_clouds_are_the_daylight_without_sunshine(sunshine: str, fraction: float) -> None:
    (record,) = stations.daily_values([{**DAY, "sol": sunshine}], {"3195": 40.4}, KNOWN_AT)
    assert record["cloud_fraction"] == pytest.approx(fraction, abs=0.01)
    assert "cloud_fraction" not in stations.daily_values([{**DAY, "sol": sunshine}], {}, KNOWN_AT)[0]


@pytest.mark.parametrize(
    ("latitude", "day_of_year", "hours"), [(40.4, 172, 14.9), (40.4, 355, 9.1), (28.1, 172, 13.8), (40.4, 81, 12.0)]
)
def test_daylight(latitude: float, day_of_year: int, hours: float) -> None:
    assert stations.daylight_hours(latitude, day_of_year) == pytest.approx(hours, abs=0.05)


@pytest.mark.parametrize(
    ("text", "value"), [("393832N", 39.6422), ("023838E", 2.6439), ("074106W", -7.685), ("280000S", -28.0)]
)
def test_degrees(text: str, value: float) -> None:
    assert stations.degrees(text) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("path", recorded("aemet", "hourly_forecast_*.json"), ids=naming)
def test_answers_become_records_the_topic_takes(path: Path) -> None:
    def answer(pattern: str) -> Any:
        (found,) = path.parent.glob(pattern)
        return aemet_answer(found)

    hourly = forms.hourly_forecast(aemet_answer(path), "28065")
    daily = forms.daily_forecast(answer(path.name.replace("hourly", "daily")), "28065")
    observed = stations.observations(answer("observation_*.json"), KNOWN_AT)
    assert len(hourly) == 48
    assert {b["time"] - a["time"] for a, b in pairwise(hourly)} == {timedelta(hours=1)}
    assert all("temperature_c" in record for record in hourly + daily)
    days = stations.daily_values(answer("climatologia_diaria_*.json"), {"3194U": 42.8}, KNOWN_AT)
    for provider, records in (("aemet", hourly + daily + observed), (DAILY_VALUES, days)):
        for record in records:
            payload = json.dumps(record, default=lambda time: time.isoformat()).encode()
            assert TOPICS["weather"].parse(payload, KNOWN_AT)["provider"] == provider
