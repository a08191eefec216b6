"""A multilayer perceptron trained by gradient descent: the model the price forecast began with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from batch_layer.pricing.design import Design
from batch_layer.pricing.table import anchor, inputs

HIDDEN = (64, 32)
EPOCHS = 60
FARTHEST = 4.0
"""Standard deviations beyond which an input is held, so that a day unlike any other is not extrapolated from."""


def forecast(known: Design, wanted: Design, lags: bool = True) -> NDArray[Any]:
    """Prices of ``wanted`` by a network that learnt every hour of ``known`` whose outcome is in; shape (n, 24).

    Weights descend by Adam over mini-batches until a tenth of the hours, held out, is forecast no better. Without
    ``lags`` the network sees weather and calendar alone, and learns the price itself.
    """
    level, level_wanted = (anchor(design) if lags else np.zeros((len(design.target), 1)) for design in (known, wanted))
    target = (known.target - level).ravel()
    learnt = ~np.isnan(target)
    rows, asked = (_with_hours(inputs(design, lags), design) for design in (known, wanted))
    rows = rows[learnt]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column may be unknown throughout
        centre, spread = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0) + 1e-9
    middle, size = target[learnt].mean(), target[learnt].std() + 1e-9
    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        solver="adam",
        alpha=1e-3,
        batch_size=min(128, len(rows)),
        learning_rate_init=2e-3,
        max_iter=EPOCHS,
        early_stopping=True,
        n_iter_no_change=8,
        random_state=20,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(_standard(rows, centre, spread), (target[learnt] - middle) / size)
    prices = network.predict(_standard(asked, centre, spread)) * size + middle
    return np.asarray(prices.reshape(wanted.target.shape) + level_wanted)


def _standard(rows: NDArray[Any], centre: NDArray[Any], spread: NDArray[Any]) -> NDArray[Any]:
    """Rows in units of their spread; an unknown value counts as the average."""
    return np.asarray(np.nan_to_num(((rows - centre) / spread).clip(-FARTHEST, FARTHEST)))


def _with_hours(rows: NDArray[Any], design: Design) -> NDArray[Any]:
    """A column an hour and weekday: a network does not split numbers as trees do."""
    hours = design.hour.ravel()[:, None] == np.arange(24)
    days = design.weekday.ravel()[:, None] == np.arange(7)
    return np.hstack([rows, hours, days]).astype(float)
