"""What a model sees at an origin: all of the past by the wall clock, nothing of what comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from batch_layer.pricing import lasso, perceptron, trees
from batch_layer.pricing.design import DAYS_BACK, Design, filled, lay_out
from batch_layer.pricing.table import inputs
from tests.support.market import prices

MADRID = "Europe/Madrid"


def origins(values: pd.Series, count: int) -> pd.DatetimeIndex:
    return pd.date_range(end=values.index[-1] + pd.Timedelta("1h"), periods=count, freq="D")


def test_a_day_is_laid_out_by_the_clock_across_both_clock_changes() -> None:
    index = pd.date_range("2025-01-01", "2025-12-31", freq="h", tz="UTC", inclusive="left")
    values = pd.Series(index.tz_convert(MADRID).hour.to_numpy(dtype=float), index=index)
    design = lay_out(values, pd.date_range("2025-03-20", "2025-12-01", freq="D", tz="UTC"), MADRID)
    plain = np.broadcast_to(np.arange(24.0), design.recent.shape)
    # The hour that 24 hours lack when clocks change is its neighbour's; all others are the clock's own.
    assert (design.recent != plain).sum() == 2 * DAYS_BACK
    assert np.array_equal(design.target, design.hour)
    assert design.hour[0, 0] == 1  # 00:00 UTC in winter
    assert design.hour[120, 0] == 2


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("maker", [lasso, trees, perceptron])
def test_what_comes_after_the_origin_changes_nothing(
    maker: object, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "ROUNDS", 10)
    monkeypatch.setattr(perceptron, "EPOCHS", 3)
    values = prices(140)
    at = origins(values, 100)[60]
    forecasts = []
    for later in (values, values.where(values.index < at), values.where(values.index < at, 9999.0)):
        design = lay_out(later, origins(values, 100), MADRID, block)
        learnt = np.flatnonzero(design.ended_before(at))
        forecasts.append(forecast(maker, design.rows(learnt), design.rows(np.array([60]))))
    assert np.isfinite(forecasts[0]).all()
    assert np.array_equal(forecasts[0], forecasts[1])
    assert np.array_equal(forecasts[0], forecasts[2])


def forecast(maker: object, known: Design, wanted: Design) -> NDArray[np.float64]:
    if maker is lasso:
        return lasso.forecast(known, wanted, 364)
    return maker.forecast(known, wanted)  # type: ignore[attr-defined]


def test_a_gap_is_filled_from_the_day_before_alone() -> None:
    values = prices(40)
    torn = values.copy()
    torn.iloc[100:110] = np.nan
    found = filled(torn)
    assert np.array_equal(found[100:110], values.iloc[76:86])
    assert np.isfinite(filled(torn.where(torn.index < torn.index[500]))).all()


def test_weather_is_as_it_was_issued_with_its_change_since_the_day_before() -> None:
    values = prices(40)
    days = pd.DatetimeIndex(values.index).floor("D")
    issued = pd.DataFrame({"issued_at": days, "time": values.index, "wind": np.repeat(np.arange(40.0), 24)})
    late = issued.assign(issued_at=issued["issued_at"] + pd.Timedelta("1h"), wind=-1.0)
    design = lay_out(values, origins(values, 10)[:5], MADRID, 0, pd.concat([issued, late]))
    assert design.weather is not None
    now, mean, change = design.weather[0, 5]
    assert (now, mean) == (31.0, 31.0)
    assert change == 32.0  # against what was said last of the day before
    assert inputs(design).shape == (5 * 24, inputs(design.without_weather()).shape[1] + 3)


def test_the_forecasts_of_a_second_day_have_learnt_only_from_days_that_were_over() -> None:
    values = prices(60)
    design = lay_out(values, origins(values, 20), MADRID, 1)
    assert design.ended_before(design.origins[10]).sum() == 9
    assert lay_out(values, origins(values, 20), MADRID, 0).ended_before(design.origins[10]).sum() == 10
