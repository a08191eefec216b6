"""The saving by generation and sharing: the bill with the same use and neither, less the bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energy.money.billing.columns import Columns
from energy.money.billing.days import Calendar
from energy.money.billing.excess import left_out
from energy.money.contract import NoCompensation
from energy.money.netting import Net


def without_sharing(of: Calendar, windows: Sequence[Net]) -> tuple[Calendar, list[Net]] | None:
    """Days and windows in which all that was used came from the grid; None where the use of a window is not known."""
    known = [window for window in windows if window.is_known]
    has_excess = _has_excess(of, bool(known) and all(window.imports for window in known))
    plain = []
    for window in windows:
        if window.is_known and (window.use is None or (has_excess and not window.used)):
            return None
        plain.append(window._replace(grid=window.use or 0, surplus=0, imports=window.used))
    return without_compensation(of), plain


def columns_without_sharing(of: Calendar, windows: Columns) -> tuple[Calendar, Columns] | None:
    """The same of windows in columns."""
    alone = windows.from_grid_alone()
    if alone is None or (_has_excess(of, windows.imports is not None) and windows.used is None):
        return None
    return without_compensation(of), alone


def _has_excess(of: Calendar, is_metered: bool) -> bool:
    """Whether excess power is billed, so that the bill without sharing needs its quarter-hours too."""
    return any(day.contract.bills_excess for day in of.days) and not left_out(of, is_metered)


def without_compensation(of: Calendar) -> Calendar:
    """The same days with contracts under which surplus earns nothing, and without the maximeter: it saw generation."""
    nothing = {"compensation": NoCompensation(), "virtual_battery": False}
    # One copy a contract: days of one are billed together.
    kept = {id(day.contract): day.contract for day in of.days}
    copies = {key: contract.model_copy(update=nothing) for key, contract in kept.items()}
    return replace(of, days=tuple(replace(day, contract=copies[id(day.contract)]) for day in of.days), shown=())
