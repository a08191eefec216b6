"""AEMET's genuine answers through Kafka and a night to the forecast, and what stands where AEMET fails."""

from __future__ import annotations

import copy
import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import FEATURES
from batch_layer.master import dataset
from batch_layer.nightly import nightly
from batch_layer.runs import Night, Run
from conf import Settings
from conf.sections import AemetSettings
from conf.stations import DAILY_VALUES, municipality_of_station
from ingest.sources.aemet import client, weather
from ingest.sources.asking import ask_weather
from ingest.sources.backfill import backfill
from store import cassandra, schema
from store.spark import session
from tests.support import batch_world as world
from tests.support.peers.aemet_service import Service, aemet_service
from tests.support.recorded import HAND_MADE, aemet_answer

ANSWERS = HAND_MADE / "aemet"
CODE, HOME = "28065", "getafe"
ISSUED_DAY = date(2021, 1, 9)
NIGHT = datetime(2021, 1, 9, 0, 10, tzinfo=timezone.utc)
DAYS = 52
"""Issues: three weeks to learn from before the month that the record is of, or the naive forecast stands."""
CLEAR, OVERCAST = "11", "16"


def answer_of(kind: str) -> list[dict[str, Any]]:
    return aemet_answer(ANSWERS / f"{kind}_forecast_{HOME}.json")


def sky_of(day: date) -> str:
    """Clear and overcast days by turns of irregular length; what was yesterday or a week ago tells nothing."""
    return CLEAR if math.sin(day.toordinal() * 2.2) > 0 else OVERCAST


def as_of(answer: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    """The answer as if issued ``days`` earlier, under that time's sky."""
    moved = copy.deepcopy(answer)
    back = timedelta(days=days)
    moved[0]["elaborado"] = (datetime.fromisoformat(moved[0]["elaborado"]) - back).isoformat()
    for day in moved[0]["prediccion"]["dia"]:
        local = datetime.fromisoformat(day["fecha"]) - back
        day["fecha"] = local.isoformat()
        for entry in day["estadoCielo"]:
            entry["value"] = sky_of(local.date()) if entry["value"] else ""
    return moved


def generation(start: datetime) -> float:
    sun = max(0.0, math.sin(math.pi * (start.hour + 0.5 - 7.5) / 10)) if 7 <= start.hour <= 17 else 0.0
    return round(4000 * sun * (1.0 if sky_of(start.date()) == CLEAR else 0.25), 3)


def intervals(first: date, days: int) -> Iterator[dict[str, Any]]:
    begin = datetime(first.year, first.month, first.day, tzinfo=timezone.utc)
    for start in (begin + timedelta(hours=n) for n in range(24 * days)):
        yield {
            **{"installation_id": HOME, "meter_id": "m", "method": "measured", "source": "test"},
            "start": world.rfc(start),
            "end": world.rfc(start + timedelta(hours=1)),
            "generation_wh": generation(start),
            "known_at": world.rfc(start + timedelta(hours=2)),
        }


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with aemet_service() as running:
        yield running


@pytest.fixture(scope="module")
def own(stack: Settings, service: Service) -> Settings:
    """The stack with a keyspace and a master of our own, asking our AEMET, growing small forests."""
    parts = {
        "cassandra": stack.cassandra.model_copy(update={"keyspace": "weather"}),
        "hdfs": stack.hdfs.model_copy(update={"root": "/weather"}),
        "home": stack.home / "weather",
        "aemet": AemetSettings(base=service.base, per_minute=10_000),
        "price": stack.price.model_copy(update={"series": []}),
        "forecast": stack.forecast.model_copy(
            update={"engines": ["mllib"], "trees": 10, "depth": 5, "training_rows": 20_000}
        ),
    }
    settings = stack.model_copy(update=parts)
    schema.apply_schema(settings)
    with cassandra.session(settings) as cql:
        cql.execute(
            "INSERT INTO installation (installation_id, kind, latitude, longitude, time_zone, capacity_kw, "
            "municipality_code) VALUES (%s, 'home', 40.3, -3.73, 'Europe/Madrid', 5.0, %s)",
            (HOME, CODE),
        )
    return settings


@contextmanager
def without_waits() -> Iterator[None]:
    """With a key, and none of the waits that AEMET's faults call for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEMET_API_KEY", "secret")
        patient = weather._aemet
        patch.setattr(weather, "_aemet", lambda of: replace(patient(of), sleep=lambda _seconds: None))
        yield


@pytest.fixture(scope="module")
def progress(own: Settings, service: Service) -> list[str]:
    """A month of issues asked for, through AEMET's usual faults."""
    said: list[str] = []
    hourly, daily = answer_of("hourly"), answer_of("daily")
    with without_waits():
        service.faults = [429, 500, 0]
        for days in range(DAYS, -1, -1):
            service.answers = {f"/prediccion/especifica/municipio/horaria/{CODE}": as_of(hourly, days)}
            if days % 7 != 3:  # now and then AEMET has no daily forecast
                service.answers[f"/prediccion/especifica/municipio/diaria/{CODE}"] = as_of(daily, days)
            ask_weather(own, NIGHT - timedelta(days=days), said.append, said.append)
        service.away = True
        with pytest.raises(client.AemetError, match="gave no forecast"):
            ask_weather(own, NIGHT + timedelta(days=1), said.append, said.append)
    return said


@pytest.fixture(scope="module")
def nights(own: Settings, progress: list[str]) -> Iterator[tuple[Run, Run, pd.DataFrame]]:
    """The night after the last issue, and the next, for which there was none; the first's features."""
    world.send(own, "intervals", intervals(ISSUED_DAY - timedelta(days=70), 72))
    spark: SparkSession = session(own, "test weather")
    first = nightly(spark, own, ISSUED_DAY + timedelta(days=1), report=lambda _: None)
    table = FEATURES["generation"].read(Night(spark, own, first)).toPandas()
    second = nightly(spark, own, ISSUED_DAY + timedelta(days=2), report=lambda _: None)
    yield first, second, table
    spark.stop()


def forecast(settings: Settings, run: Run) -> pd.DataFrame:
    with cassandra.session(settings) as cql:
        found = [
            row
            for days in range(3)
            for row in cql.execute(
                "SELECT time, p10, p50, p90, step, run_id FROM forecast WHERE installation_id = %s "
                "AND quantity = 'generation' AND day = %s",
                (HOME, run.cut.date() + timedelta(days=days)),
            )
            if row.run_id == run.run_id
        ]
    return pd.DataFrame(found).sort_values("time", ignore_index=True)


def test_what_aemet_answers_and_fails_with_is_kept(own: Settings, service: Service, progress: list[str]) -> None:
    assert service.keys == {"secret"}
    assert any("No hay datos" in text for text in progress)
    assert "503" in progress[-1]
    kept = sorted((own.home / "issued" / "aemet" / "horaria" / CODE).glob("*.json.gz"))
    assert len(kept) == DAYS + 1
    assert kept[-1].name.startswith("20210109T104745")


def test_features_know_the_weather_as_it_was_issued(nights: tuple[Run, Run, pd.DataFrame]) -> None:
    table = nights[2]
    lit = table[~table["dark"] & (table["horizon"] < 24) & (table["issued_at"] > table["issued_at"].min())]
    recent = lit[lit["issued_at"] >= pd.Timestamp(ISSUED_DAY) - pd.Timedelta(days=20)]

    assert recent["weather_cloud_fraction"].notna().mean() > 0.9
    assert recent["weather_age_h"].dropna().between(13, 14.5).all()  # issued at 11:47, known from 00:00 on
    noon = recent[recent["hour"] == 12].dropna(subset=["weather_ghi_w_m2"])
    clear, overcast = (noon[noon["weather_cloud_fraction"] == share]["weather_ghi_w_m2"].mean() for share in (0, 1))
    assert clear > 300
    assert overcast == pytest.approx(clear / 4, rel=0.1)


def test_the_forecast_rests_on_the_weather(own: Settings, nights: tuple[Run, Run, pd.DataFrame]) -> None:
    told_hours = forecast(own, nights[0])
    lit = told_hours[(told_hours["p90"] > 0) & (told_hours.index < 24)]

    assert len(told_hours) == 48
    assert set(lit["step"]) == {"weather"}
    assert (told_hours[["p10", "p50", "p90"]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    truth = [generation(time.replace(tzinfo=timezone.utc)) for time in lit["time"]]
    assert abs(lit["p50"].sum() - sum(truth)) < 0.35 * sum(truth)


def test_without_a_new_issue_the_last_one_stands_with_its_age(
    own: Settings, nights: tuple[Run, Run, pd.DataFrame]
) -> None:
    told_hours = forecast(own, nights[1])
    lit = told_hours[(told_hours["p90"] > 0) & (told_hours.index < 18)]

    assert set(lit["step"]) == {"weather issued 37 h before"}


def test_a_backfill_brings_every_stations_days_and_the_forecasts_of_ours(
    stack: Settings, own: Settings, service: Service, nights: tuple[Run, Run, pd.DataFrame]
) -> None:
    first, last, ours = date(2020, 1, 1), date(2020, 1, 21), municipality_of_station()["1351"]
    (sample,) = aemet_answer(ANSWERS / "climatologia_diaria_one.json")
    with (ANSWERS / "stations.csv").open(encoding="utf-8", newline="") as file:
        inventory = list(csv.DictReader(file))
    named = {row["indicativo"] for row in inventory}
    inventory += [{**inventory[0], "indicativo": code} for code in municipality_of_station() if code not in named]
    service.away = False
    service.answers = {
        f"/prediccion/especifica/municipio/horaria/{ours}": answer_of("hourly"),
        "/valores/climatologicos/inventarioestaciones/todasestaciones": inventory,
    }
    for begin, end in ((date(2020, 1, 1), date(2020, 1, 15)), (date(2020, 1, 16), date(2020, 1, 20))):
        span = f"fechaini/{begin}T00:00:00UTC/fechafin/{end}T23:59:59UTC"
        service.answers[f"/valores/climatologicos/diarios/datos/{span}/todasestaciones"] = [
            {**sample, "fecha": str(begin + timedelta(days=n)), "indicativo": station}
            for n in range((end - begin).days + 1)
            for station in ("1351", sample["indicativo"])
        ]
    said: list[str] = []
    priced = own.model_copy(update={"price": stack.price})
    with without_waits():
        count = backfill(priced, "aemet", first, last, said.append)

    assert count == 48 + 20 * 2
    assert not any("conf/stations.csv" in text for text in said)
    spark = session(own, "test weather")
    nightly(spark, own, ISSUED_DAY + timedelta(days=3), report=lambda _: None, steps=("archive",))
    found = dataset.read(spark, own, "weather", [first + timedelta(days=n) for n in range(20)]).toPandas()
    assert set(found["provider"]) == {DAILY_VALUES}
    days = found.set_index("location_id").groupby("location_id")
    assert days["time"].nunique().to_dict() == {"1351": 20, sample["indicativo"]: 20}
    assert found["temperature_c"].tolist() == [17.3] * 40
    # 10.3 h of sun; how long the day was is known of stations in the inventory alone.
    assert days["cloud_fraction"].count().to_dict() == {"1351": 20, sample["indicativo"]: 0}
    forecast = dataset.read(spark, own, "weather", [ISSUED_DAY]).where(F.col("location_id") == ours)
    assert forecast.count() > 0


def test_once_aemet_is_away_the_rest_is_not_asked(stack: Settings, own: Settings, service: Service) -> None:
    said: list[str] = []
    service.away = True
    priced = own.model_copy(update={"price": stack.price})
    with without_waits(), pytest.raises(client.AwayError, match="answered none of 3 questions in a row"):
        ask_weather(priced, datetime.now(timezone.utc) + timedelta(days=1), said.append, said.append)
    assert len(said) == 2
