"""Hours that no plant or home reaches: a register's marker for no value, and values far beyond everything known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

MARKERS = (32767, 65535, 2147483647, 4294967295)
"""Greatest values of 16 and 32 bit registers, by which devices say that they know no value; also with decimals."""
MARKER_PEAK, SITE_PEAK, IMPOSSIBLE = 2.0, 1.5, 10.0
"""A marker's number is one above so many times the greatest value before. An hour is impossible above so many times the
capacity or, where none is known, the greatest value of ``KNOWN_DAYS`` before, until it comes on ``PROVEN_DAYS``."""
KNOWN_DAYS, PROVEN_DAYS = 14, 3


def without_markers(values: pd.Series) -> pd.Series:
    """``values`` without a register's greatest numbers, where they lie above all that went before."""
    tried = values.fillna(0.0)
    marked = np.zeros(len(values), dtype=bool)
    for marker in MARKERS:
        for places in range(4):
            marked |= np.isclose(tried, marker / 10**places, rtol=1e-9, atol=0)
    greatest = tried.where(~marked, 0.0).cummax().shift(fill_value=0.0)
    answer: pd.Series = values.where(~(marked & (tried > MARKER_PEAK * greatest)))
    return answer


def without_impossible(values: pd.Series, capacity: float | None) -> pd.Series:
    """``values`` without hours beyond what the plant can give, or far beyond all that went before."""
    if capacity is not None:
        answer: pd.Series = values.where(values.isna() | (values <= SITE_PEAK * capacity))
        return answer
    kept: pd.Series = values.copy()
    greatest, known = 0.0, 0
    proofs: list[Any] = []
    for day, own in values.groupby(values.index.floor("D")):  # type: ignore[attr-defined]
        beyond = own > IMPOSSIBLE * greatest
        if known >= KNOWN_DAYS and greatest > 0 and beyond.any():
            proofs = [*proofs, day][-PROVEN_DAYS:]
            if len(proofs) < PROVEN_DAYS or day - proofs[0] > pd.Timedelta("7D"):
                kept[own.index[beyond]] = np.nan
                own = own[~beyond]
        greatest = max(greatest, float(np.nanmax(own.to_numpy(), initial=0.0)))
        known += int(own.notna().any())
    return kept
