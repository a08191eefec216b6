"""The backtest from files to file, with histories as people bring them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from batch_layer.backtest import quantities
from batch_layer.backtest.inputs import BadInput, read_history, read_sites, read_weather
from batch_layer.backtest.task import Task, write
from batch_layer.forecasting.models.shape import XGBOOST, Shape
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR
from tests.support.series import hours, load, plant, rows


def csv(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    path = folder / f"{name}.csv"
    times = {c: frame[c].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in ("start", "time", "issued_at") if c in frame}
    frame.assign(**times).to_csv(path, index=False)
    return path


def test_a_history_of_many_faults_is_forecast_or_refused_by_name(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shape in ("SHAPE", "TRIAL"):
        monkeypatch.setattr(quantities, shape, Shape(trees=4, depth=4))
    whole = load(70)
    torn = load(70, seed=2)
    torn.iloc[100:130] = np.nan
    torn.iloc[200:210] = -40
    torn.iloc[24 * 30 : 24 * 34] *= 1000
    given = [rows("whole", whole), rows("torn", torn), rows("torn", torn.iloc[:30]), rows("young", whole.iloc[-96:])]
    empty = rows("empty", whole).assign(value=np.nan)
    history = csv(tmp_path, "history", pd.concat([*given, empty]))
    first = whole.index[-48]
    task = Task(CONSUMPTION, history, None, None, first, first + pd.Timedelta("2D"), (0.1, 0.9), (XGBOOST,))

    result = quantities.backtest(spark, task, lambda _: None)
    write(result, task.levels, tmp_path / "out.csv")

    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.columns) == ["series_id", "issued_at", "time", "q0.1", "q0.9", "step"]
    assert out.groupby("series_id").size().to_dict() == {"torn": 48, "whole": 48, "young": 48}
    assert (out["q0.1"] <= out["q0.9"]).all()
    assert out["q0.9"].max() < 20_000
    assert out["issued_at"].iloc[0] == f"{first:%Y-%m-%dT%H:%M:%SZ}"
    assert result.refused == ["Series empty: 0 usable hours of history; at least 24 are needed."]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape in ("SHAPE", "TRIAL"):
        monkeypatch.setattr(quantities, shape, Shape(trees=4, depth=4))


def test_plants_with_faults_are_forecast_on_the_step_they_stand_on(
    spark: SparkSession, tmp_path: Path, small: None
) -> None:
    days = 80
    given, skies = [], []
    for n, name in enumerate(("whole", "off", "half", "milli", "night", "three")):
        values, weather = plant(days, seed=n)
        if name == "off":
            values.iloc[24 * 30 : 24 * 60] = 0.0
        if name == "milli":
            values.iloc[24 * 50 :] /= 1000
        if name == "night":
            values = values.where(values > 0, -4.0)
            values.iloc[24 * 40 : 24 * 41] = -500.0
        if name == "three":
            values = values.iloc[-24 * 5 :]
        if name == "half":
            weather = weather[weather["time"].dt.hour < 12]
        given.append(rows(name, values))
        skies.append(weather.assign(series_id=name))
    history, weather_file = (csv(tmp_path, n, pd.concat(f)) for n, f in (("history", given), ("weather", skies)))
    sites = tmp_path / "sites.csv"
    sites.write_text("series_id,capacity\n" + "\n".join(f"{name},900" for name in ("whole", "off", "half", "milli")))
    first = hours(days)[-48]
    task = Task(SOLAR, history, weather_file, sites, first, first + pd.Timedelta("2D"), (0.1, 0.5, 0.9), (XGBOOST,))

    result = quantities.backtest(spark, task, lambda _: None)

    found = result.forecasts
    quantiles = np.stack(found["quantiles"].tolist())
    assert found.groupby("series_id").size().to_dict() == dict.fromkeys(found["series_id"].unique(), 48)
    assert set(found["series_id"]) == {"whole", "off", "half", "milli", "night", "three"}
    assert np.isfinite(quantiles).all()
    assert quantiles.min() >= 0
    assert quantiles[found["series_id"] != "milli"].max() <= 900
    assert (np.diff(quantiles, axis=1) >= 0).all()
    noon = found[found["time"].dt.hour == 12].groupby("series_id")["step"].first()
    assert noon.to_dict() == dict.fromkeys(noon.index, "weather") | {"half": "history"}
    middle = pd.Series(quantiles[:, 1], index=found["series_id"]).groupby(level=0).max()
    assert middle.drop("milli").between(100, 900).all()
    assert 0.1 < middle["milli"] < 0.9, "its unit changed for good a month before"
    assert result.repairs["milli"].unit == pytest.approx(1e-3)
    assert result.repairs["night"].negative == 24 + 7, "the day of -500, and -4 before the plant had given anything"
    assert result.refused == []


def test_all_that_follows_an_issue_could_be_hidden_from_the_backtest(
    spark: SparkSession, tmp_path: Path, small: None
) -> None:
    values, weather = plant(60)
    first = hours(60)[-48]
    last = first + pd.Timedelta("1D")

    def forecast(name: str, known: pd.Series, issued: pd.DataFrame) -> bytes:
        history, issues = [csv(tmp_path, f"{name}_{k}", f) for k, f in (("h", rows("a", known)), ("w", issued))]
        task = Task(SOLAR, history, issues, None, first, first + pd.Timedelta("2D"), (0.1, 0.5, 0.9), (XGBOOST,))
        found = quantities.backtest(spark, task, lambda _: None).forecasts
        return np.stack(found[found["issued_at"] == last.tz_localize(None)]["quantiles"].tolist()).tobytes()

    weather = weather.assign(series_id="a")
    whole = forecast("whole", values, weather)

    assert forecast("hidden", values[values.index < last], weather[weather["issued_at"] <= last]) == whole


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("series_id,start\n1,2026-01-01T00:00:00Z\n", "column value is missing"),
        ("series_id,start,value\n1,yesterday,3\n", "column start"),
        (
            "series_id,start,value\n1,2026-01-01T00:00:00,3\n",
            "column start: 2026-01-01T00:00:00 has no offset from UTC",
        ),
        ("series_id,start,value\n1,2026-01-01 00:00,3\n", "has no offset from UTC"),
        ("CUPS;Fecha;Hora;AE_kWh\nES1;01/01/2026;1;0,5\n", "column series_id is missing.*distributor's file"),
        ("", "can't be read as CSV"),
        ("series_id,start,value\n1,2026-01-01T00:00:00Z,3\n", "Series 1: 1 usable hours"),
    ],
)
def test_a_bad_history_is_refused_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text)

    with pytest.raises(BadInput, match=reason):
        read_history(path, CONSUMPTION)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        read_history(tmp_path / "nowhere.csv", CONSUMPTION)


def test_any_numeric_weather_column_is_taken_under_a_bearable_name(tmp_path: Path) -> None:
    times = pd.date_range("2026-01-01", periods=24, freq="h", tz="UTC")
    frame = pd.DataFrame({"series_id": "1", "issued_at": times[0], "time": times, "wind [m/s]": 2.0, "sky": "blue"})

    weather = read_weather(csv(tmp_path, "weather", frame), SOLAR, times[0])

    assert list(weather.columns) == ["series_id", "issued_at", "time", "wind_m_s_"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,95,0,,,,", "latitude 95"),
        ("1,40,-300,,,,", "longitude -300"),
        ("1,,,-5,,,", "capacity -5"),
        ("1,,,,,,Europe/Nowhere", "time zone 'Europe/Nowhere'"),
        ("1,forty,,,,,", "latitude 'forty' is not a number"),
    ],
)
def test_an_impossible_site_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(f"series_id,latitude,longitude,capacity,tilt,azimuth,timezone\n{row}\n")

    with pytest.raises(BadInput, match=reason):
        read_sites(path)


def test_a_month_of_zeros_at_the_end_is_forecast_and_scored(spark: SparkSession, tmp_path: Path, small: None) -> None:
    values, _ = plant(70)
    values.iloc[24 * 50 :] = 0.0
    first = hours(70)[-48]
    task = Task(
        SOLAR,
        csv(tmp_path, "history", rows("a", values)),
        None,
        None,
        first,
        first + pd.Timedelta("2D"),
        (0.1, 0.5, 0.9),
        (XGBOOST,),
    )

    found = quantities.backtest(spark, task, lambda _: None).forecasts

    assert (found["value"] == 0).all()
    assert (found["naive"] == 0).all()
    night = found[(found["time"].dt.hour < 6) | (found["time"].dt.hour > 18)]
    assert (np.stack(night["quantiles"].tolist()) == 0).all()


@pytest.mark.parametrize(("days", "said"), [(400, "more than 60 days before the period"), (20, "20 days before")])
def test_a_history_that_ends_early_is_refused_or_said(
    spark: SparkSession, tmp_path: Path, small: None, days: int, said: str
) -> None:
    values, _ = plant(70)
    first = hours(70)[-1] + pd.Timedelta(days=days, hours=1)
    history = csv(tmp_path, "history", rows("a", values))
    task = Task(SOLAR, history, None, None, first, first + pd.Timedelta("2D"), (0.5,), (XGBOOST,))
    reports: list[str] = []

    try:
        found = quantities.backtest(spark, task, reports.append).forecasts
        assert len(found) == 48
    except BadInput as error:
        reports.append(str(error))

    assert any(said in text for text in reports)
    assert not any("inf" in text for text in reports)


def test_a_late_plant_is_forecast_from_its_older_history(spark: SparkSession, tmp_path: Path, small: None) -> None:
    values, weather = plant(90)
    first = hours(90)[-48]
    late = values[values.index < first - pd.Timedelta("30D")]
    history = csv(tmp_path, "history", pd.concat([rows("late", late), rows("live", plant(90, seed=2)[0])]))
    skies = csv(tmp_path, "weather", pd.concat([weather.assign(series_id=name) for name in ("late", "live")]))
    task = Task(SOLAR, history, skies, None, first, first + pd.Timedelta("2D"), (0.5,), (XGBOOST,))

    found = quantities.backtest(spark, task, lambda _: None).forecasts

    noon = found[(found["series_id"] == "late") & (found["time"].dt.hour == 12)]
    assert len(found) == 96
    assert (noon["step"] == "weather").all()
    assert (np.stack(noon["quantiles"].tolist()) > 50).all()
