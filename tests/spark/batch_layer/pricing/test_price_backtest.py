"""`solera backtest price` from files to file, with prices as people and markets give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from batch_layer.backtest import prices
from batch_layer.backtest.inputs import BadInput
from batch_layer.backtest.task import Result, Task, write
from batch_layer.forecasting.quantity import PRICE
from energy.forecasts.scores import NAIVE
from tests.support.market import prices as market_prices

LEVELS = (0.1, 0.5, 0.9)


def csv(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    path = folder / f"{name}.csv"
    times = {c: frame[c].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in ("start", "time", "issued_at") if c in frame}
    frame.assign(**times).to_csv(path, index=False)
    return path


def rows(series_id: str, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"series_id": series_id, "start": values.index, "value": values.to_numpy()})


def task(history: Path, first: pd.Timestamp, days: int, weather: Path | None = None) -> Task:
    return Task(PRICE, history, weather, None, first, first + pd.Timedelta(days=days), LEVELS)


def run(spark: SparkSession, wanted: Task, model: str = "lasso") -> Result:
    return prices.backtest(spark, wanted, prices.engines(model), lambda _: None)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.Series]:
    """One file of many faults; every series is of the same market."""
    whole = market_prices(190)
    torn = whole.copy()
    torn.iloc[1000:1010] = np.nan
    torn.iloc[2000:2060] = np.nan
    quarters = whole.iloc[-24 * 60 :].repeat(4)
    quarters.index = quarters.index + pd.to_timedelta(np.tile([0, 15, 30, 45], 24 * 60), unit="min")
    quarters += np.tile([-1.5, -0.5, 0.5, 1.5], 24 * 60)
    mixed = pd.concat([rows("mixed", whole.iloc[: -24 * 60]), rows("mixed", quarters)])
    odd = rows("odd", whole).assign(start=lambda f: f["start"] + pd.Timedelta("7min"))
    given = [
        rows("whole", whole),
        rows("torn", torn),
        rows("torn", torn.iloc[:48]),
        mixed,
        rows("young", whole.iloc[-24 * 5 :]),
        rows("unborn", whole.iloc[-24:]),
        rows("ended", whole.iloc[: 24 * 100]),
        rows("empty", whole).assign(value=np.nan),
        rows("text", whole).assign(value="n/a"),
        odd,
    ]
    return csv(tmp_path_factory.mktemp("faulty"), "history", pd.concat(given)), whole


@pytest.fixture(scope="module")
def result(spark: SparkSession, faulty: tuple[Path, pd.Series]) -> Result:
    history, whole = faulty
    return run(spark, task(history, whole.index[-48], 2))


def test_every_series_is_forecast_or_refused_by_name(result: Result, tmp_path: Path) -> None:
    write(result, LEVELS, tmp_path / "out.csv")
    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.columns) == ["series_id", "issued_at", "time", "q0.1", "q0.5", "q0.9", "step"]
    assert out.groupby("series_id").size().to_dict() == {"mixed": 48, "torn": 48, "whole": 48, "young": 48}
    assert out[["q0.1", "q0.5", "q0.9"]].notna().all(axis=None)
    assert ((out["q0.1"] <= out["q0.5"]) & (out["q0.5"] <= out["q0.9"])).all()
    refused = " ".join(result.refused)
    for name in ("unborn", "ended", "empty", "text", "odd"):
        assert f"Series {name}" in refused
    assert set(out[out["series_id"] == "young"]["step"]) == {"persistence"}
    assert set(out[out["series_id"] == "whole"]["step"]) == {"history"}


def test_quarter_hours_are_the_hour_they_make(result: Result) -> None:
    each = dict(iter(result.forecasts.groupby("series_id")))
    assert np.allclose(each["mixed"]["value"], each["whole"]["value"])
    medians = [np.stack(each[name]["quantiles"])[:, 1] for name in ("mixed", "whole")]
    assert np.abs(medians[0] - medians[1]).mean() < 0.5


def test_a_model_beats_the_naive_forecast_on_a_market_with_a_shape(result: Result) -> None:
    own = result.forecasts[result.forecasts["series_id"] == "whole"]
    assert set(own["model"]) == {"lasso autoregression"}
    error = np.abs(np.stack(own["quantiles"].to_list())[:, 1] - own["value"]).mean()
    assert error < 0.9 * np.abs(own["naive"] - own["value"]).mean()


def test_what_comes_after_the_issue_changes_nothing(
    spark: SparkSession, result: Result, faulty: tuple[Path, pd.Series], tmp_path: Path
) -> None:
    whole = faulty[1]
    hidden = whole.where(whole.index < whole.index[-48], 5000.0).iloc[:-24]
    wanted = task(csv(tmp_path, "history", rows("whole", hidden)), whole.index[-48], 1)
    found = run(spark, wanted).forecasts
    before = result.forecasts[result.forecasts["series_id"] == "whole"].iloc[:24]
    assert np.array_equal(np.stack(found["quantiles"].to_list()), np.stack(before["quantiles"].to_list()))


def test_weather_that_makes_the_price_is_used_and_said(spark: SparkSession, tmp_path: Path) -> None:
    values = market_prices(170)
    random = np.random.default_rng(3)
    wind = np.repeat(random.uniform(0, 20, 170), 24)
    history = csv(tmp_path, "history", rows("ES", values - 3 * wind))
    days = pd.DatetimeIndex(values.index).floor("D")
    issued = pd.DataFrame({"series_id": "ES", "issued_at": days, "time": values.index, "wind": wind})
    first = values.index[-24 * 4]
    found = run(spark, task(history, first, 4, csv(tmp_path, "weather", issued))).forecasts
    without = run(spark, task(history, first, 4)).forecasts
    assert set(found["step"]) == {"weather"}
    errors = [np.abs(np.stack(f["quantiles"].to_list())[:, 1] - f["value"]).mean() for f in (found, without)]
    assert errors[0] < 0.7 * errors[1]


def test_three_days_are_forecast_by_persistence(spark: SparkSession, tmp_path: Path) -> None:
    values = market_prices(3)
    found = run(spark, task(csv(tmp_path, "history", rows("short", values)), values.index[-24], 2), "best").forecasts
    assert len(found) == 48
    assert set(found["model"]) == {NAIVE}
    assert np.allclose(np.stack(found["quantiles"].to_list())[:24, 1], values.iloc[24:48])


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(BadInput, match="oracle"):
        prices.engines("oracle")
