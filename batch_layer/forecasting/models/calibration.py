"""Calibration by a trial on days the model had not seen: the middle of each series, and the width of its quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from batch_layer.forecasting.models.blend import proven_centre
from batch_layer.forecasting.models.model import Model
from batch_layer.forecasting.scores import coverage

TRIAL_LEVELS = tuple(round(0.05 * i, 2) for i in range(1, 20))
"""Levels at which a model is tried; the middle one is the median."""
TRUST = 0.75
"""The weight of a month's calibration: its days are few and alike."""


def proven(model: Model, tried: pd.DataFrame) -> Model:
    """``model`` centred and calibrated by ``tried``: predictions of its like at ``TRIAL_LEVELS`` on unseen days."""
    return replace(model, centre=proven_centre(tried), calibration=tuple(coverage(tried, TRIAL_LEVELS)))


def calibrated(model: Model, levels: Sequence[float]) -> list[float]:
    """Levels to ask the forest for, so that as many outcomes lie below as ``levels`` say.

    Forests blur, so their quantiles lie too far out. Only the spread is corrected, not the median, whose error
    changes with the season.
    """
    if not model.calibration:
        return list(levels)
    seen = np.maximum.accumulate(np.array([0.0, *model.calibration, 1.0]))
    ask = np.interp([0.5, *levels], seen, [0.0, *TRIAL_LEVELS, 1.0])
    wanted = np.asarray(levels)
    return list(np.clip(wanted + TRUST * (ask[1:] - ask[0] + 0.5 - wanted), 0.0, 1.0))
