"""Limits of an installation's flows, as far as they are registered: the bound of registers and powers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from energy.energy_row import MWH, QUARTER_US, EnergyRow, joined_causes
from energy.registers.apportion import ALL_TIME, Window
from energy.registers.counters import NEIGHBOURS, energy_of_columns
from energy.registers.pace import MW_US, SLACK_US
from energy.registers.portion import Portion
from energy.registers.samples import CATALOGUE_ERRS, HEADROOM


class Limits(NamedTuple):
    """Powers in kW, from ``since`` on; None and absent where they are not registered."""

    capacity_kw: float | None = None
    """Power that the installation's panels, all together, are built for."""
    devices_kw: Mapping[str, float] | None = None
    """Power by device: an inverter's and a battery's nominal power, a meter's contracted power or fuse."""
    export_kw: float | None = None
    """Power that panels and batteries together can give; None where one of them is not known."""
    since: int = ALL_TIME[0]
    """Start of the first quarter-hour in which they hold, in microseconds from the epoch."""
    earlier: Limits | None = None
    """Limits that held before ``since``."""

    def held(self) -> Iterator[tuple[Limits, Window]]:
        """The limits of each time, the latest first, and the quarter-hours that begin in it."""
        limits: Limits | None = self
        until = ALL_TIME[1]
        while limits is not None:
            yield limits, (limits.since, until)
            until = limits.since
            limits = limits.earlier

    def most_w(self, device_id: str, quantity: str) -> float | None:
        """The greatest power (W) of one device's quantity; None where nothing bounds it."""
        whole = {"generation": self.capacity_kw, "export": self.export_kw}.get(quantity)
        own = (self.devices_kw or {}).get(device_id)
        known = [kw for kw in (own, whole) if kw]
        return min(known) * 1000 if known else None

    def most_of_all(self) -> int | None:
        """The most energy (mWh) that all inverters can show of a quarter-hour; None where nothing bounds it."""
        if not self.capacity_kw:
            return None
        return round(self.capacity_kw * 1_000_000 * HEADROOM) * (QUARTER_US + SLACK_US) // MW_US


UNLIMITED = Limits()


Samples = tuple[Sequence[int], Sequence[float | None], Sequence[float | None]]
"""Unique times in microseconds, in order; registers in Wh, powers in W."""


def energy_within(
    samples: Samples, bounds: Sequence[tuple[float | None, Window]], bridge: timedelta, window: Window
) -> dict[int, Portion]:
    """:func:`energy.registers.counters.energy_of_columns` by ``bounds``, which together cover all time.

    Of each the greatest power in W (None: unknown) and the quarter-hours that begin in its time, in microseconds.
    """
    times, register_wh, power_w = samples
    if len(bounds) == 1:
        return energy_of_columns(*samples, bounds[0][0], bridge, window)
    found: dict[int, Portion] = {}
    for most_w, (start, end) in bounds:
        near = slice(max(0, bisect_left(times, start) - NEIGHBOURS), bisect_left(times, end) + NEIGHBOURS)
        within = max(window[0], start), min(window[1], end)
        portions = energy_of_columns(times[near], register_wh[near], power_w[near], most_w, bridge, within)
        found |= {period: portion for period, portion in portions.items() if start <= period < end}
    return found


def beyond_capacity(devices: Collection[Mapping[int, Portion]], limits: Limits) -> Iterator[tuple[int, int]]:
    """The quarter-hours (start in microseconds) in which inverters together give more than they can; the most (mWh).

    Each alone is within the capacity. :data:`CATALOGUE_ERRS` such quarter-hours in a row show that the catalogue errs.
    """
    if len(devices) < 2:
        return
    sums: Counter[int] = Counter()
    for portions in devices:
        for period, portion in portions.items():
            sums[period] += portion.mwh
    for of, (start, end) in limits.held():
        most = of.most_of_all()
        if most is None:
            continue
        above = sorted(period for period, mwh in sums.items() if mwh > most and start <= period < end)
        for _, run in groupby(enumerate(above), lambda at: at[1] - at[0] * QUARTER_US):
            together = [period for _, period in run]
            if len(together) < CATALOGUE_ERRS:
                yield from ((period, most) for period in together)


def bounded_sum(row: EnergyRow, parts: Sequence[Portion], most: int) -> EnergyRow:
    """A sum that is beyond ``most`` mWh: one device shows more than it gave, and nobody knows which."""
    lower = min(most, sum(part.lower for part in parts) - max(part.lower for part in parts))
    cause = joined_causes((*row.cause.split(","), "jump"))
    return row._replace(
        energy_wh=most / MWH, method="estimated", lower_wh=lower / MWH, upper_wh=most / MWH, cause=cause
    )
