"""What generation and sharing save: the bill with the same use and neither, less the bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energy.money.billing.days import Calendar
from energy.money.contract import NoCompensation
from energy.money.netting import Net


def without_sharing(of: Calendar, windows: Sequence[Net]) -> tuple[Calendar, list[Net]] | None:
    """Days and windows in which all that was used came from the grid; None where the use of a window is not known."""
    plain = []
    for window in windows:
        if window.is_known and window.use is None:
            return None
        plain.append(window._replace(grid=window.use or 0, surplus=0))
    return without_compensation(of), plain


def without_compensation(of: Calendar) -> Calendar:
    """The same days with contracts under which surplus earns nothing."""
    nothing = {"compensation": NoCompensation(), "virtual_battery": False}
    return Calendar(tuple(replace(day, contract=day.contract.model_copy(update=nothing)) for day in of.days))
