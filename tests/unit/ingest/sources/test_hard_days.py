"""The hard days of every source, whole files in its own form: the days on which clocks change, and AEMET's oddities."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from energy.calendar import MADRID, local_day
from energy.topics import TOPICS, TopicName
from ingest.publishing.message import message
from ingest.sources.aemet import forms, stations
from ingest.sources.esios import parse_apidatos, parse_indicator, parse_pvpc_file
from ingest.sources.omie import parse_marginal
from ingest.sources.source import Record
from tests.support.recorded import HAND_MADE, aemet_answer

KNOWN_AT = datetime(2026, 11, 25, tzinfo=timezone.utc)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def accepted(topic: TopicName, records: list[Record]) -> None:
    for record in records:
        TOPICS[topic].parse(message(topic, record).value, KNOWN_AT)


def covers(records: list[Record], day: date, zone: str, market: str, step: timedelta) -> list[float]:
    """The prices of a zone, which cover the day without hole or overlap, period by period of ``step``."""
    rows = sorted(
        (r["start"], r["end"], r["price_eur_mwh"]) for r in records if (r["zone"], r["market"]) == (zone, market)
    )
    assert (rows[0][0], rows[-1][1]) == local_day(day, MADRID)
    assert all(a[1] == b[0] for a, b in pairwise(rows))
    assert {end - start for start, end, _ in rows} == {step}
    return [price for _, _, price in rows]


@pytest.mark.parametrize(
    ("day", "count", "step"),
    [
        pytest.param(date(2024, 3, 31), 23, HOUR, id="23 hours"),
        pytest.param(date(2024, 10, 27), 25, HOUR, id="25 hours"),
        pytest.param(date(2025, 9, 30), 24, HOUR, id="the last day of hours"),
        pytest.param(date(2025, 10, 1), 96, QUARTER, id="96 quarters"),
        pytest.param(date(2025, 10, 26), 100, QUARTER, id="100 quarters"),
        pytest.param(date(2026, 3, 29), 92, QUARTER, id="92 quarters"),
    ],
)
def test_omie(day: date, count: int, step: timedelta) -> None:
    said: list[str] = []
    text = (HAND_MADE / "omie" / f"marginalpdbc_{day:%Y%m%d}.1").read_text("latin-1")
    records = parse_marginal(text, KNOWN_AT, said.append)
    spain, portugal = (covers(records, day, zone, "spot", step) for zone in ("ES", "PT"))
    assert len(spain) == count
    apart = [(n + 1, round(b - a, 2)) for n, (a, b) in enumerate(zip(spain, portugal, strict=True)) if a != b]
    assert apart == [(n, 0.49) for n in range(6, count + 1, 40)]
    assert min(spain) < 0
    assert said == []
    accepted("prices", records)


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 10, 26), 25), (date(2026, 3, 29), 23), (date(2026, 1, 15), 24)])
def test_pvpc_day_files(day: date, hours: int) -> None:
    records = parse_pvpc_file(json.loads((HAND_MADE / "esios" / f"PVPC_{day:%Y%m%d}.json").read_text()), KNOWN_AT)
    for zone in ("ES-peninsula", "ES-baleares", "ES-ceuta", "ES-melilla"):
        assert len(covers(records, day, zone, "pvpc", HOUR)) == hours
    canary = sorted(r["start"] for r in records if r["zone"] == "ES-canarias")
    assert canary[0] == local_day(day, MADRID)[0] + HOUR
    assert max(r["price_eur_mwh"] for r in records if r["zone"] == "ES-peninsula") > 1000
    accepted("prices", records)


@pytest.mark.parametrize(
    ("name", "day", "zone", "market", "step"),
    [
        ("indicator_1001_20251026", date(2025, 10, 26), "ES-peninsula", "pvpc", HOUR),
        ("indicator_1001_20251026", date(2025, 10, 26), "ES-melilla", "pvpc", HOUR),
        ("indicator_1001_20260329", date(2026, 3, 29), "ES-peninsula", "pvpc", HOUR),
        ("indicator_600_20251026", date(2025, 10, 26), "ES", "spot", QUARTER),
        ("indicator_1739_20260329", date(2026, 3, 29), "ES", "surplus", HOUR),
    ],
)
def test_esios_indicators(name: str, day: date, zone: str, market: str, step: timedelta) -> None:
    records = parse_indicator(json.loads((HAND_MADE / "esios" / f"{name}.json").read_text()), KNOWN_AT)
    begin, end = local_day(day, MADRID)
    assert len(covers(records, day, zone, market, step)) == (end - begin) // step
    accepted("prices", records)


def test_apidatos_on_the_long_day() -> None:
    day = date(2025, 10, 26)
    records = parse_apidatos(json.loads((HAND_MADE / "esios" / "apidatos_20251026.json").read_text()), KNOWN_AT)
    assert len(covers(records, day, "ES", "spot", QUARTER)) == 100
    assert len(covers(records, day, "ES-peninsula", "pvpc", HOUR)) == 25
    assert len(records) == 125
    accepted("prices", records)


def aemet(name: str) -> Any:
    return aemet_answer(HAND_MADE / "aemet" / f"{name}.json")


def test_an_hourly_forecast_over_the_spring_night() -> None:
    said: list[str] = []
    body = aemet("horaria_15030")
    records = forms.hourly_forecast(body, "15030", said.append)
    assert body[0]["nombre"] == "A Coruña"
    assert records[0]["issued_at"] == datetime(2026, 3, 28, 6, 5, 11, tzinfo=timezone.utc)
    assert len(records) == 17 + 23 + 24
    assert {b["time"] - a["time"] for a, b in pairwise(records)} == {HOUR}
    by_time = {record["time"]: record for record in records}
    first = by_time[datetime(2026, 3, 28, 6, tzinfo=timezone.utc)]
    assert (first["temperature_c"], first["cloud_fraction"]) == (0.0, 0.0)
    assert str(first["temperature_c"]) == "0.0"
    assert by_time[datetime(2026, 3, 28, 8, tzinfo=timezone.utc)]["precipitation_mm"] == 0.0
    assert by_time[datetime(2026, 3, 28, 23, tzinfo=timezone.utc)]["precipitation_probability"] == 0.8
    assert "sky_code" not in by_time[datetime(2026, 3, 30, 3, tzinfo=timezone.utc)]
    assert said == []
    accepted("weather", records)


def test_a_daily_forecast_gets_coarser_with_its_days() -> None:
    records = forms.daily_forecast(aemet("diaria_15030"), "15030")
    days: dict[date, int] = {}
    for record in records:
        local = (record["time"] - timedelta(seconds=1)).astimezone(MADRID).date()
        days[local] = days.get(local, 0) + 1
    assert list(days.values()) == [4, 4, 1, 1, 1, 1, 1]
    assert all("cloud_fraction" in record for record in records)
    accepted("weather", records)


def test_stations_their_hours_and_their_days() -> None:
    said: list[str] = []
    observed = stations.observations(aemet("observacion"), KNOWN_AT, said.append)
    assert [r["time"].hour for r in observed] == [13, 12, 23]
    assert observed[2]["precipitation_mm"] == 0.0
    inventory = stations.stations(aemet("inventario"), said.append)
    assert [round(each["longitude"], 3) for each in inventory] == [-8.421, -3.678]
    latitudes = {each["station"]: each["latitude"] for each in inventory}
    coruna, madrid, odd = stations.daily_values(aemet("climatologia"), latitudes, KNOWN_AT, said.append)
    assert (coruna["temperature_c"], coruna["precipitation_mm"]) == (12.3, 0.0)
    assert coruna["cloud_fraction"] == pytest.approx(1 - 6.1 / 11.9, abs=0.005)  # 11.9 h of daylight on 20 March
    assert "precipitation_mm" not in madrid
    assert madrid["cloud_fraction"] == 0.0
    assert (odd["precipitation_mm"], "temperature_c" in odd) == (0.0, False)
    assert ["1 of its values" in word for word in said] == [True, True, True]
    accepted("weather", [*observed, coruna, madrid, odd])
