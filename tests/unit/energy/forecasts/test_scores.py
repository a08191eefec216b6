"""Scores beside scikit-learn's, and hours that are not known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, r2_score, root_mean_squared_error

from energy.forecasts.scores import coverage, mae, pinball, r2, rmse

OUTCOME = np.array([0.0, 1.0, 4.0, 9.0, 3.0])
FORECAST = np.array([0.5, 1.0, 3.0, 7.5, 4.0])
NONE = np.array([np.nan, np.nan])


def test_scores_are_those_of_scikit_learn() -> None:
    assert mae(FORECAST, OUTCOME) == pytest.approx(mean_absolute_error(OUTCOME, FORECAST))
    assert rmse(FORECAST, OUTCOME) == pytest.approx(root_mean_squared_error(OUTCOME, FORECAST))
    assert r2(FORECAST, OUTCOME) == pytest.approx(r2_score(OUTCOME, FORECAST))
    levels = [0.1, 0.5, 0.9]
    quantiles = np.stack([FORECAST - 1, FORECAST, FORECAST + 2], axis=-1)
    expected = np.mean([mean_pinball_loss(OUTCOME, quantiles[:, n], alpha=level) for n, level in enumerate(levels)])
    assert pinball(quantiles, OUTCOME, levels) == pytest.approx(expected)


def test_unknown_hours_do_not_count() -> None:
    outcome, forecast = np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan])
    assert mae(forecast, outcome) == rmse(forecast, outcome) == 1.0
    assert all(np.isnan(score(NONE, NONE)) for score in (mae, rmse, r2))
    assert np.isnan(pinball(NONE[:, None], NONE, [0.5]))
    assert np.isnan(coverage(NONE[:, None], NONE)).all()


def test_an_outcome_that_equals_a_quantile_counts_half() -> None:
    assert coverage(np.array([[0.0, 2.0], [0.0, 2.0]]), np.array([0.0, 1.0])) == [0.25, 1.0]
