"""Import and export offset within a window, as a meter's hour is billed: one of the two is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from energy.energy_row import QUARTER

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]

SURE = ("measured", "official")
"""Methods of a quarter-hour that was measured or stated by itself."""


def is_measured(completeness: float | None, method: str | None, cause: str | None) -> bool:
    """Whether a quarter-hour was measured throughout; those of an hour that a distributor states as a whole were."""
    is_stated = method == "spread" and not cause
    return completeness == 1.0 and (method in SURE or is_stated)


class Flow(NamedTuple):
    """Energy of a quarter-hour in mWh, whether it was measured throughout, and whether by itself, not with others."""

    mwh: int
    is_measured: bool = True
    is_alone: bool = True


class Net(NamedTuple):
    """One window of a supply: what is left of import and export (mWh), one of them 0.

    ``use`` is what was consumed (mWh), None where it is not known. A window without all its values is not known:
    ``is_known`` is False, and nothing is to be billed for it.
    ``imports`` and ``used`` are the quarter-hours of import and use (mWh), none where one was not metered by itself.
    """

    start: datetime
    grid: int
    surplus: int
    use: int | None = None
    is_measured: bool = True
    is_known: bool = True
    imports: tuple[int, ...] = ()
    used: tuple[int, ...] = ()


Flows = Mapping[datetime, Flow]


class Metered(NamedTuple):
    """A supply's quarter-hours, by start (UTC). A supply without any export has none to be known."""

    imports: Flows
    exports: Flows
    uses: Flows = MappingProxyType({})


class Quarters(NamedTuple):
    """Quarter-hours as arrays of shape (windows, quarter-hours in one); ``mwh`` is 0 where it is not known."""

    mwh: Whole
    is_known: Truth
    is_measured: Truth
    is_alone: Truth


class Windows(NamedTuple):
    """What :class:`Net` says, as arrays by window; ``use`` and ``grid`` are 0 where they are not known."""

    grid: Whole
    surplus: Whole
    use: Whole
    is_known: Truth
    is_use_known: Truth
    is_measured: Truth
    imports_metered: Truth
    used_metered: Truth
    """Whether every quarter-hour of import, and of use, was metered by itself."""
    imports: Whole
    used: Whole
    """Those quarter-hours, as :class:`Quarters` have them."""


def net_quarters(imports: Quarters, exports: Quarters, uses: Quarters) -> Windows:
    """Each window's balance. A supply without any export has none to be known."""
    exporting = bool(exports.is_known.any())
    flowing = (imports, exports) if exporting else (imports,)
    known = np.logical_and.reduce([of.is_known.all(axis=1) for of in flowing])
    left = np.where(known, imports.mwh.sum(axis=1) - (exports.mwh.sum(axis=1) if exporting else 0), 0)
    measured = np.logical_and.reduce([known, *(of.is_measured.all(axis=1) for of in flowing)])
    has_use = known & uses.is_known.all(axis=1)
    use = np.where(has_use, uses.mwh.sum(axis=1), 0)
    imported, used = (of & _by_itself(each) for of, each in ((known, imports), (has_use, uses)))
    return Windows(np.maximum(left, 0), np.maximum(-left, 0), use, known, has_use, measured, imported, used,
                   imports.mwh, uses.mwh)  # fmt: skip


def net(starts: Iterable[datetime], window: timedelta, metered: Metered) -> list[Net]:
    """The windows of length ``window`` (whole quarter-hours) that begin at ``starts`` (UTC)."""
    begins, inside = list(starts), [QUARTER * n for n in range(window // QUARTER)]
    imports, exports, uses = (_quarters(of, begins, inside) for of in metered)
    # Exports at other times too tell that a supply exports.
    if metered.exports and not exports.is_known.any():
        return [Net(start, 0, 0, None, False, False) for start in begins]
    found = net_quarters(imports, exports, uses)
    columns = [column.tolist() for column in found]
    return [_net(start, *values) for start, *values in zip(begins, *columns, strict=True)]


def _net(start: datetime, *of: Any) -> Net:
    """Of the values of one of :class:`Windows`."""
    grid, surplus, use, is_known, has_use, is_measured, imported, used, imports, uses = of
    return Net(start, grid, surplus, use if has_use else None, is_measured, is_known,
               tuple(imports) if imported else (), tuple(uses) if used else ())  # fmt: skip


def _quarters(of: Flows, starts: list[datetime], inside: list[timedelta]) -> Quarters:
    flows = [of.get(start + each) for start in starts for each in inside]
    nothing = Flow(0, False, False)
    rows = [(*(nothing if flow is None else flow), flow is not None) for flow in flows]
    shape = (len(starts), len(inside))
    mwh = np.array([row[0] for row in rows], np.int64).reshape(shape)
    measured, alone, known = (np.array([row[n] for row in rows], np.bool_).reshape(shape) for n in (1, 2, 3))
    return Quarters(mwh, known, measured, alone)


def _by_itself(of: Quarters) -> Truth:
    found: Truth = (of.is_measured & of.is_alone).all(axis=1)
    return found
