"""AEMET's answers from its two steps to the records of topic ``weather``, against the service on this machine."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conf import Settings
from conf.sections import AemetSettings
from ingest.sources import backfill
from ingest.sources.aemet import weather
from ingest.sources.asking import ask_aemet, ask_weather
from store.history.attempts import attempts_of
from tests.support.peers.aemet_service import aemet_service
from tests.support.recorded import HAND_MADE, aemet_answer

CODE = "15030"
NOW = datetime(2026, 3, 28, 0, 10, tzinfo=timezone.utc)


def answer(name: str) -> Any:
    return aemet_answer(HAND_MADE / "aemet" / f"{name}.json")


@pytest.fixture(autouse=True)
def _two_municipalities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weather, "_municipalities", lambda _settings: ["28079", CODE])
    monkeypatch.setenv("AEMET_API_KEY", "secret")


def test_forecasts_of_each_municipality_and_the_daily_one_beyond_the_hourly(
    settings: Settings, tmp_path: Path, published: list[Any]
) -> None:
    said: list[str] = []
    with aemet_service() as service:
        service.answers = {
            f"/prediccion/especifica/municipio/horaria/{CODE}": answer("horaria_15030"),
            f"/prediccion/especifica/municipio/diaria/{CODE}": answer("diaria_15030"),
        }
        own = settings.model_copy(
            update={"home": tmp_path, "aemet": AemetSettings(base=service.base, per_minute=10_000)}
        )
        ask_weather(own, NOW, said.append, said.append)
    times = [json.loads(message.value)["time"] for message in published]
    assert len(times) == len(set(times)) == 64 + 4
    assert times[-1] == "2026-04-03T10:00:00Z"
    assert "weather: 68 records from AEMET" in said
    assert sum("No hay datos" in word for word in said) == 2
    kept = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json.gz"))
    assert kept == [f"issued/aemet/{kind}/{CODE}/20260328T060511Z.json.gz" for kind in ("diaria", "horaria")]


def test_the_stations_hours_and_days_are_asked_once_a_day(
    settings: Settings, tmp_path: Path, published: list[Any]
) -> None:
    said: list[str] = []
    values = "/valores/climatologicos"
    first, second = (
        f"{values}/diarios/datos/fechaini/2026-03-{day}T00:00:00UTC/fechafin/2026-03-{day + 9}T23:59:59UTC"
        for day in (18, 19)
    )
    with aemet_service() as service:
        service.answers = {
            f"/prediccion/especifica/municipio/horaria/{CODE}": answer("horaria_15030"),
            "/observacion/convencional/todas": answer("observacion"),
            f"{values}/inventarioestaciones/todasestaciones": answer("inventario"),
            f"{first}/todasestaciones": answer("climatologia"),
        }
        own = settings.model_copy(
            update={"home": tmp_path, "aemet": AemetSettings(base=service.base, per_minute=10_000)}
        )
        for minutes in (0, 30, 23 * 60):
            ask_aemet(own, NOW + timedelta(minutes=minutes), said.append)
        assert len(published) == 64 + 3 + 3
        assert said == ["weather: 64 records from AEMET", "observations: 6 records from AEMET"]
        service.answers[f"{second}/todasestaciones"] = answer("climatologia")[:1]
        ask_aemet(own, NOW + timedelta(days=1), said.append)
    assert said[2:] == ["weather: 64 records from AEMET", "observations: 4 records from AEMET"]
    asked = attempts_of(tmp_path)["aemet"]
    assert {"observacion", "inventario", "climatologia"} <= asked.keys()
    assert all(each.in_vain == 0 for each in asked.values())


def test_a_backfill_brings_the_stations_hours_and_days(
    settings: Settings, tmp_path: Path, published: list[Any]
) -> None:
    said: list[str] = []
    days = "/valores/climatologicos/diarios/datos/fechaini/2026-03-20T00:00:00UTC/fechafin/2026-03-21T23:59:59UTC"
    with aemet_service() as service:
        service.answers = {
            f"/prediccion/especifica/municipio/horaria/{CODE}": answer("horaria_15030"),
            "/observacion/convencional/todas": answer("observacion"),
            "/valores/climatologicos/inventarioestaciones/todasestaciones": answer("inventario"),
            f"{days}/todasestaciones": answer("climatologia"),
        }
        own = settings.model_copy(
            update={"home": tmp_path, "aemet": AemetSettings(base=service.base, per_minute=10_000)}
        )
        count = backfill.backfill(own, "aemet", date(2026, 3, 20), date(2026, 3, 22), said.append)
    assert count == len(published) == 64 + 3 + 3
    daily = [json.loads(message.value) for message in published[-3:]]
    assert ["cloud_fraction" in record for record in daily] == [True, True, False]
