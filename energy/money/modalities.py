"""The modalities of self-consumption of Real Decreto 244/2019, art. 4, by the codes that contracts and Datadis name.

Table 113 of the CNMC, and of the newer codes those of which is known what they mean. What is sold to the market, or is
of the ancillary services of a plant, has no simplified compensation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Modality(NamedTuple):
    """The meaning of a code: in words, whether several share it, and whether its surplus may be compensated."""

    name: str
    is_shared: bool = False
    is_compensated: bool = False


WITHOUT, SOLD = "without surplus", "surplus sold to the market"
_SOLD = (*range(51, 59), *range(61, 65), *range(71, 75), 77)
_ANCILLARY = (54, 56, 62, 64, 72, 74)
MODALITIES: Mapping[str, Modality] = {
    "00": Modality("no self-consumption"),
    "11": Modality(WITHOUT),
    "12": Modality("with surplus", is_compensated=True),
    "31": Modality(f"individual, {WITHOUT}"),
    "32": Modality(f"collective, {WITHOUT}", is_shared=True),
    "33": Modality(f"collective, {WITHOUT}", is_shared=True),
    "41": Modality("individual, surplus compensated", is_compensated=True),
    "42": Modality("collective in one network, surplus compensated", is_shared=True, is_compensated=True),
    "43": Modality("collective through the grid, surplus compensated", is_shared=True, is_compensated=True),
    **{str(code): Modality(f"{SOLD}, ancillary services" if code in _ANCILLARY else SOLD) for code in _SOLD},
}
"""Modalities by code; a plant's own supply of ancillary services is no member's."""
COMPENSATED = tuple(code for code, each in MODALITIES.items() if each.is_compensated)
SHARED = tuple(code for code, each in MODALITIES.items() if each.is_shared)
