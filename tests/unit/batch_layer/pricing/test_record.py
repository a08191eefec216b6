"""The record, the choice and the band of price forecasts."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pandas as pd
import pytest

from batch_layer.pricing import candidates, components
from batch_layer.pricing.band import quantiles
from batch_layer.pricing.candidates import LASSO, MEAN, TREES, WITH_WEATHER, Learner
from batch_layer.pricing.design import lay_out
from batch_layer.pricing.issue import issue
from batch_layer.pricing.track_record import winner
from energy.forecasts.scores import NAIVE, coverage, mae, r2, rmse
from tests.support.market import prices

LEVELS = (0.1, 0.5, 0.9)


def test_scores_of_days_by_hand() -> None:
    days = np.array([[1.0, 2.0, np.nan]]), np.array([[2.0, 4.0, 9.0]])
    assert mae(*days) == 1.5
    assert rmse(*days) == pytest.approx(np.sqrt(2.5))
    assert r2(*days) == pytest.approx(1 - 5 / 2)
    assert np.isnan(mae(np.array([np.nan]), np.array([1.0])))


def test_the_model_with_the_least_error_wins_and_the_naive_one_where_none_is_better() -> None:
    outcome, naive = np.full((5, 24), 10.0), np.full((5, 24), 11.0)
    assert winner({"a": outcome + 0.5, "b": outcome + 0.4}, naive, outcome) == "b"
    assert winner({"a": outcome + 2.0}, naive, outcome) == NAIVE
    assert winner({"a": outcome + 0.999}, naive, outcome) == NAIVE  # hardly better is not better
    assert winner({"silent": outcome * np.nan}, naive, outcome) == NAIVE
    assert winner({}, naive, outcome) == NAIVE


def test_band_holds_the_errors_of_the_hour_and_never_crosses() -> None:
    random = np.random.default_rng(1)
    hour = np.tile(np.arange(24), (400, 1))
    error = random.normal(0, 1 + 4 * (hour >= 18), hour.shape)
    point = np.full(24, 50.0)
    found = quantiles(point, hour[0], error[:200], hour[:200], LEVELS)
    assert (np.diff(found, axis=1) >= 0).all()
    assert np.array_equal(found[:, 1], point)
    assert found[20, 2] - found[20, 0] > 3 * (found[2, 2] - found[2, 0])
    seen = coverage(np.broadcast_to(found, (200, 24, 3)), 50 + error[200:])
    assert seen == pytest.approx(LEVELS, abs=0.03)


def test_a_band_without_a_known_error_is_the_point() -> None:
    found = quantiles(np.full(24, 5.0), np.arange(24), np.full((3, 24), np.nan), np.zeros((3, 24), int), LEVELS)
    assert (found == 5.0).all()


def test_an_issue_is_by_whom_was_best_before_it_and_says_so() -> None:
    values = prices(120)
    origins = pd.date_range(end=values.index[-1] + pd.Timedelta("1h"), periods=80, freq="D")
    design = lay_out(values, origins, "Europe/Madrid")
    good = np.where(np.isnan(design.target), 40.0, design.target)
    good[:60] += 30  # bad at first
    late = np.where(np.arange(80)[:, None] < 20, np.nan, design.target + 0.5)
    said = issue(design, {"good": good, "late": late}, 10, 80, LEVELS)
    assert said.maker[0] == NAIVE
    assert "late" in said.maker
    assert np.isfinite(said.quantiles[:-1]).all()
    assert said.maker[-1] == "late" or np.isfinite(said.quantiles[-1]).all()


def test_means_are_of_parts_with_the_same_inputs() -> None:
    parts = candidates.learners_of((MEAN, LASSO, TREES), weather=True)
    assert len(parts) == len(set(parts)) == 2 * 4
    forecasts = {p: np.full((1, 24), 2.0 if p.engine == LASSO else 4.0) for p in parts}
    made = candidates.forecasts_of((MEAN, LASSO, TREES), forecasts)
    assert set(made) == {name + inputs for name in (MEAN, LASSO, TREES) for inputs in ("", WITH_WEATHER)}
    assert (made[MEAN][0, 0], made[LASSO][0, 0], made[TREES + WITH_WEATHER][0, 0]) == (3.0, 2.0, 4.0)
    assert set(
        candidates.forecasts_of((MEAN,), {Learner(LASSO): np.ones((1, 24)), Learner(TREES): np.ones((1, 24))})
    ) == {MEAN}


def test_the_pvpc_is_its_tolls_its_share_of_the_market_and_what_is_left_of_it() -> None:
    market = prices(90, start="2026-01-05")
    times = pd.DatetimeIndex(market.index).tz_localize(None).to_numpy()
    tolls, stands_in = components.tolls(times, "ES-peninsula")
    pvpc = tolls + components.market_factors(times, "ES-peninsula") * market + 40.0
    assert not stands_in.any()

    energy = pvpc - tolls
    origins = pd.date_range(end=market.index[-1] + pd.Timedelta("1h") - pd.Timedelta("10D"), periods=5, freq="D")
    design = lay_out(energy, origins, "Europe/Madrid")
    of_rest = lay_out(components.rest(energy, market, "ES-peninsula"), origins, "Europe/Madrid")
    foreseen = market.reindex(pd.DatetimeIndex(design.times.ravel(), tz="UTC")).to_numpy().reshape(5, 24)
    assert components.compose(design, of_rest, foreseen, "ES-peninsula") == pytest.approx(design.target)


def test_tolls_of_a_year_without_a_rule_are_the_last_known_ones_and_say_so() -> None:
    times = np.array([datetime(2028, 1, 4, 11, tzinfo=timezone.utc).replace(tzinfo=None)], dtype="datetime64[us]")
    tolls, stands_in = components.tolls(times, "ES-peninsula")
    assert (tolls[0], stands_in[0]) == (pytest.approx(97.553), True)
