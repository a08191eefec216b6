"""Numbers as people write them: grouped by thousands, with a decimal point or comma.

``1,234.5`` and ``1 234.5`` are read with a decimal point, ``1.234,5`` with a decimal comma. The caller declares the
decimal mark. Where a column shows the other mark more often than its own, cells that mean two things (``1,234``) are
not read.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

POINT, COMMA = ".", ","
_SPACES = " \u00a0\u2009\u202f"
_DIGITS = r"(?:[1-9]\d{{0,2}}(?:(?P<mark>[{marks}])\d{{3}})(?:(?P=mark)\d{{3}})*|\d+)"
_NUMBER = r"[+\-\u2212]?(?:" + _DIGITS + r"(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+\-]?\d+)?"
_FORM = {
    decimal: re.compile(_NUMBER.format(marks=re.escape(f"{grouping}'’{_SPACES}"), decimal=re.escape(decimal)))
    for decimal, grouping in ((POINT, COMMA), (COMMA, POINT))
}
_MARKS = re.compile(f"['’{_SPACES}]")


def read_numbers(cells: pd.Series, decimal: str = POINT) -> NDArray[np.float64]:
    """The number that each cell states with decimal mark ``decimal``; NaN where it is empty or states none.

    Cells are texts, or numbers already.
    """
    if not (cells.dtype == object or isinstance(cells.dtype, pd.StringDtype)):
        return cells.to_numpy(dtype=float)
    texts, place = np.unique(
        cells.where(cells.notna(), "").astype(str).str.strip().to_numpy(dtype=str), return_inverse=True
    )
    own = np.array([_number(text, decimal) for text in texts])
    other = np.array([_number(text, COMMA if decimal == POINT else POINT) for text in texts])
    count = np.bincount(place, minlength=len(texts))
    only_other = count[np.isnan(own) & ~np.isnan(other)].sum()
    if only_other > count[~np.isnan(own) & np.isnan(other)].sum():
        own = np.where(~np.isnan(other) & (own != other), np.nan, own)
    answer: NDArray[np.float64] = own[place]
    return answer


def _number(text: str, decimal: str) -> float:
    if not _FORM[decimal].fullmatch(text):
        return float("nan")
    plain = _MARKS.sub("", text.replace("\u2212", "-")).replace(COMMA if decimal == POINT else POINT, "")
    return float(plain.replace(decimal, "."))
