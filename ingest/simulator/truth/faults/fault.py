"""A fault of a device or of the way, what it depends on, and the record of one that was put in."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import NamedTuple

from ingest.simulator.truth.true_time import Readings
from store.instants import instant_of


class Circumstances(NamedTuple):
    """Circumstances of a fault beside the readings: chance, and the zone of the installation's clocks."""

    chance: random.Random
    zone: tzinfo


class Injected(NamedTuple):
    """A fault that was put in: its kind, the device, and its first and last reading's true time."""

    kind: str
    device_id: str
    first: str
    last: str
    lost_wh: float = 0.0
    """Energy that panels would have given without it."""

    @property
    def times(self) -> tuple[datetime, datetime]:
        """First and last as instants (UTC)."""
        return instant_of(self.first), instant_of(self.last)

    @property
    def installation_id(self) -> str:
        """The installation of the device."""
        return self.device_id.rpartition("-")[0]

    @property
    def device_kind(self) -> str:
        """The kind of the device."""
        return self.device_id.rpartition("-")[2]


Fault = Callable[[Readings, range, Circumstances], Readings]
