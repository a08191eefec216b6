"""Import and export offset within a window, as a meter's hour is billed: one of the two is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from energy.energy_row import QUARTER

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


def net(starts: Iterable[datetime], window: timedelta, metered: Metered) -> list[Net]:
    """The windows of length ``window`` (whole quarter-hours) that begin at ``starts`` (UTC)."""
    quarters = [QUARTER * n for n in range(window // QUARTER)]
    exporting = bool(metered.exports)
    found = []
    for start in starts:
        times = [start + each for each in quarters]
        imports, uses = _known(metered.imports, times), _known(metered.uses, times)
        exports = _known(metered.exports, times) if exporting else []
        if imports is None or exports is None:
            found.append(Net(start, 0, 0, None, False, False))
            continue
        left = sum(flow.mwh for flow in imports) - sum(flow.mwh for flow in exports)
        measured = all(flow.is_measured for flow in (*imports, *exports))
        use = None if uses is None else sum(flow.mwh for flow in uses)
        quarters_of = _metered(imports), _metered(uses or [])
        found.append(Net(start, max(left, 0), max(-left, 0), use, measured, True, *quarters_of))
    return found


def _metered(flows: list[Flow]) -> tuple[int, ...]:
    return tuple(flow.mwh for flow in flows) if all(flow.is_measured and flow.is_alone for flow in flows) else ()


def _known(flows: Flows, times: list[datetime]) -> list[Flow] | None:
    found = [flows.get(time) for time in times]
    return [flow for flow in found if flow is not None] if None not in found else None
