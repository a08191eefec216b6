"""The windows of a bill as columns: a month is a few arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from energy.calendar import day_start
from energy.money.billing.days import Calendar, Truth, Whole
from energy.money.netting import Net, Windows


@dataclass(frozen=True)
class Columns:
    """The known windows of a bill in mWh, by their number in its days, and how many windows there are in all."""

    at: Whole
    grid: Whole
    surplus: Whole
    use: Whole | None
    """Energy consumed; None where it is not known of every window."""
    is_measured: Truth
    windows: int
    imports: Whole | None = None
    """Import of each window's quarter-hours; None where it is not known of every window. So ``used``."""
    used: Whole | None = None

    def from_grid_alone(self) -> Columns | None:
        """The same use without generation or sharing; None where the use is not known."""
        if self.use is None:
            return None
        return Columns(self.at, self.use, np.zeros_like(self.use), self.use, self.is_measured, self.windows,
                       self.used, self.used)  # fmt: skip


def columns(of: Calendar, windows: Sequence[Net]) -> Columns:
    """The known ones of ``windows``, which begin where windows of the days do."""
    known = [window for window in windows if window.is_known]
    uses = [window.use for window in known if window.use is not None]
    return Columns(
        numbers_of(of, [window.start for window in known]),
        np.array([window.grid for window in known], np.int64),
        np.array([window.surplus for window in known], np.int64),
        np.array(uses, np.int64) if len(uses) == len(known) else None,
        np.array([window.is_measured for window in known], np.bool_),
        len(windows),
        _quarters([window.imports for window in known]),
        _quarters([window.used for window in known]),
    )


def netted_columns(of: Windows) -> Columns:
    """The same of windows in a row, the first of which is the first of the days."""
    known = of.is_known

    def whole(values: Whole, has_all: Truth) -> Whole | None:
        return values[known] if known.any() and has_all[known].all() else None

    use = of.use[known] if of.is_use_known[known].all() else None
    return Columns(np.flatnonzero(known), of.grid[known], of.surplus[known], use, of.is_measured[known], len(known),
                   whole(of.imports, of.imports_metered), whole(of.used, of.used_metered))  # fmt: skip


def _quarters(of: list[tuple[int, ...]]) -> Whole | None:
    return np.array(of, np.int64) if of and all(of) else None


def numbers_of(of: Calendar, starts: Sequence[datetime]) -> Whole:
    """The number of the window that holds each of ``starts`` (UTC), from 0 on."""
    first, window = day_start(of.first, of.zone), of.window
    return np.array([(start - first) // window for start in starts], np.int64)
