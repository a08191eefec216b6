"""Flows of an installation as they truly are, minute by minute: from its panels, into its loads, battery and grid.

Powers are whole watts and constant within their minute, so that energy is exact in whole mWh however it is summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy.calendar import MADRID
from ingest.simulator.truth.sites.described import Site
from ingest.simulator.truth.sites.loads import Clock, drawn
from ingest.simulator.truth.sites.profiles import APPLIANCES, GROWS, USES, USUAL_KW
from ingest.simulator.truth.sites.storage import Stored, nothing, stored
from ingest.simulator.truth.sites.sun import Sun

Watts = npt.NDArray[np.int64]
RESTLESS_W = 20
"""Standard deviation of a load from minute to minute."""


class Flows(NamedTuple):
    """Power generated, used and stored (W) in each minute from ``start`` (UTC) on, under which sun."""

    site: Site
    start: datetime
    generation: Watts
    use: Watts
    battery: Stored
    sun: Sun

    @property
    def imported(self) -> Watts:
        """W from the grid."""
        taken: Watts = np.maximum(-_left(self), 0)
        return taken

    @property
    def exported(self) -> Watts:
        """W to the grid."""
        given: Watts = np.maximum(_left(self), 0)
        return given

    def quantities(self) -> dict[str, Watts]:
        """W by quantity, those that the installation has."""
        of = {"generation": self.generation, "consumption": self.use}
        if not self.site.simulated.off_grid:
            of |= {"import": self.imported, "export": self.exported}
        if self.site.battery_kwh is not None:
            of |= {"charge": self.battery.charge, "discharge": self.battery.discharge}
        return of


def _left(of: Flows) -> Watts:
    left: Watts = of.generation + of.battery.discharge - of.use - of.battery.charge
    return left


def minutes(start: datetime, days: int) -> pd.DatetimeIndex:
    """Minutes of whole UTC days."""
    return pd.date_range(start, periods=days * 1440, freq="min")


def flows(site: Site, index: pd.DatetimeIndex, under: Sun, chance: np.random.Generator) -> Flows:
    """Flows of ``site`` under a sun; the same for the same ``chance``.

    Off the grid, what finds no place is not generated, and what nothing gives is not used.
    """
    use = _use(site, index, under, chance)
    left = under.generation - use
    battery = nothing(len(index)) if site.battery_kwh is None else stored(left, site.battery_kwh)
    of = Flows(site, index[0].to_pydatetime(), under.generation, use, battery, under)
    if not site.simulated.off_grid:
        return of
    return of._replace(generation=of.generation - of.exported, use=of.use - of.imported)


def _use(site: Site, index: pd.DatetimeIndex, under: Sun, chance: np.random.Generator) -> Watts:
    local = index.tz_convert(site.entry.time_zone or MADRID.key)
    clock = Clock((local.hour + local.minute / 60).to_numpy(), local.month.to_numpy(), under.air_c)
    loads = [*USES[site.kind, site.simulated.use], *(load for name in site.appliances for load in APPLIANCES[name])]
    grown = site.capacity_kw / USUAL_KW[site.kind] if site.kind in GROWS else 1.0
    watts = grown * sum((drawn(load, clock, chance) for load in loads), np.zeros(len(index)))
    used: Watts = np.maximum(watts + chance.normal(0, RESTLESS_W, len(index)), 0).round().astype(np.int64)
    return used


def quarters(of: Flows) -> Iterator[tuple[str, int, float]]:
    """Quantity, quarter-hour (from the beginning) and the true energy in Wh of each."""
    for quantity, flow in of.quantities().items():
        for number, watt_minutes in enumerate(flow.reshape(-1, 15).sum(axis=1).tolist()):
            yield quantity, number, watt_minutes / 60
