"""Gradient-boosted trees over all hours together, fitted to the absolute error, so that they forecast the median."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from batch_layer.pricing.design import Design
from batch_layer.pricing.table import anchor, inputs, swing

ROUNDS = 250
PARAMETERS = {
    "objective": "reg:absoluteerror",
    "learning_rate": 0.06,
    "max_depth": 6,
    "min_child_weight": 10,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "tree_method": "hist",
    "max_bin": 128,
    "nthread": 1,
    "seed": 20,
}


def forecast(known: Design, wanted: Design, lags: bool = True) -> NDArray[Any]:
    """Prices of ``wanted`` by trees grown on every hour of ``known`` whose outcome is in; shape (n, 24).

    Two sets are grown and averaged: one learns in the prices' own unit, one in units of their :func:`swing`, which
    holds where prices have become dearer or wilder than any learnt from. Without ``lags`` there is the first alone.
    """
    plain = _grown(known, wanted, lags, None, None)
    return (plain + _grown(known, wanted, lags, swing(known), swing(wanted))) / 2 if lags else plain


def _grown(
    known: Design, wanted: Design, lags: bool, unit: NDArray[Any] | None, unit_wanted: NDArray[Any] | None
) -> NDArray[Any]:
    one, hours = np.ones((1, 1)), known.target.shape[1]
    target = ((known.target - anchor(known)) / (one if unit is None else unit)).ravel()
    learnt = ~np.isnan(target)
    # An error counts by its size in money, whatever the unit it is learnt in.
    weight = None if unit is None else np.repeat(unit[:, 0], hours)[learnt]
    rows = xgboost.DMatrix(inputs(known, lags, unit)[learnt], target[learnt], weight=weight)
    asked = xgboost.DMatrix(inputs(wanted, lags, unit_wanted))
    predicted = xgboost.train(PARAMETERS, rows, ROUNDS).predict(asked).reshape(wanted.target.shape)
    return np.asarray(predicted * (one if unit_wanted is None else unit_wanted) + anchor(wanted))
