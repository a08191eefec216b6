"""Clouds by AEMET's state-of-sky code, with its night mark ``n`` or without.

The first digit is the phenomenon (2 to 4 rain and snow, 5 to 7 storms), the second one the clouds.
"""

from __future__ import annotations

from collections.abc import Mapping

_DRY: Mapping[str, float] = {
    "11": 0.0, "12": 0.2, "13": 0.4, "14": 0.6, "15": 0.8, "16": 1.0, "17": 0.3, "81": 1.0, "82": 0.5, "83": 0.3,
}  # fmt: skip
_WET_BY_SECOND_DIGIT: Mapping[str, float] = {"3": 0.4, "4": 0.6, "5": 0.8, "6": 1.0}
_STORM_BY_SECOND_DIGIT: Mapping[str, float] = {"1": 0.4, "2": 0.6, "3": 0.8, "4": 1.0}


def cloud_fraction(sky_code: str) -> float | None:
    """Share of the sky covered (0 to 1), None for a code that says nothing of clouds."""
    code = sky_code.rstrip("n")
    if code in _DRY:
        return _DRY[code]
    if len(code) == 2 and code[0] in "234":
        return _WET_BY_SECOND_DIGIT.get(code[1])
    if len(code) == 2 and code[0] in "567":
        return _STORM_BY_SECOND_DIGIT.get(code[1])
    return None
