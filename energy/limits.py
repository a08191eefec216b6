"""What the flows of an installation can't exceed, as far as that is registered: the bound of registers and powers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from energy.energy_row import MWH, QUARTER_US, EnergyRow, joined_causes
from energy.registers.pace import MW_US, SLACK_US
from energy.registers.portion import Portion
from energy.registers.samples import CATALOGUE_ERRS, HEADROOM


class Limits(NamedTuple):
    """Powers in kW; None and absent where they are not registered."""

    capacity_kw: float | None = None
    """What the installation's panels, all together, are built for."""
    devices_kw: Mapping[str, float] | None = None
    """By device: an inverter's and a battery's nominal power, a meter's contracted power or fuse."""
    export_kw: float | None = None
    """What panels and batteries together can give; None where one of them is not known."""

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


def beyond_capacity(devices: Collection[Mapping[int, Portion]], limits: Limits) -> Iterator[tuple[int, int]]:
    """The quarter-hours (start in microseconds) in which inverters together give more than they can; the most (mWh).

    Each alone is within the capacity. :data:`CATALOGUE_ERRS` such quarter-hours in a row show that the catalogue errs.
    """
    most = limits.most_of_all()
    if most is None or len(devices) < 2:
        return
    sums: Counter[int] = Counter()
    for portions in devices:
        for period, portion in portions.items():
            sums[period] += portion.mwh
    above = sorted(period for period, mwh in sums.items() if mwh > most)
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
