"""The row every energy computation ends in, and the units it is computed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
QUARTER_US = 900_000_000
"""The base period in microseconds; quarter-hours begin at multiples of it after the epoch."""
MWH = 1000
"""Energy is summed in whole mWh (milliwatt-hours), so that no order of summing changes a sum."""


class EnergyRow(NamedTuple):
    """Energy of one quantity in the period that begins at ``start`` (UTC).

    ``completeness`` is the share (0 to 1) of the period's time that evidence covers. ``method`` is ``measured``
    (registers), ``integrated`` (power), ``official`` (somebody's total of exactly this period), ``spread`` (a
    known total of a longer time, shared evenly) or ``estimated``. The truth lies between ``lower_wh`` and
    ``upper_wh``, which equal ``energy_wh`` (or are None) where nothing is in doubt. ``cause`` names the fault behind
    the value, several joined by commas, empty where there was none.
    """

    quantity: str
    start: datetime
    energy_wh: float
    completeness: float = 1.0
    method: str = "measured"
    lower_wh: float | None = None
    upper_wh: float | None = None
    cause: str = ""


METHODS = ("measured", "official", "integrated", "spread", "estimated")
"""Methods from the surest to the least sure; a sum is as sure as its least sure part."""
METHOD_RANK = {method: rank for rank, method in enumerate(METHODS)}


def to_us(time: datetime) -> int:
    """Microseconds from the epoch to an aware ``time``, exactly."""
    return round(time.timestamp() * 1_000_000)


def from_us(microseconds: int) -> datetime:
    """The UTC instant ``microseconds`` after the epoch."""
    return EPOCH + timedelta(microseconds=microseconds)


def to_mwh(energy_wh: float) -> int:
    """Whole mWh of ``energy_wh`` in Wh."""
    return round(energy_wh * MWH)


def exact_sums(parts: Sequence[EnergyRow]) -> tuple[float, float, float]:
    """Energy, lower and upper bound (Wh) of all ``parts`` together, exact to the mWh."""
    energy = lower = upper = 0
    for row in parts:
        mwh = to_mwh(row.energy_wh)
        energy += mwh
        lower += mwh if row.lower_wh in (None, row.energy_wh) else to_mwh(row.lower_wh)
        upper += mwh if row.upper_wh in (None, row.energy_wh) else to_mwh(row.upper_wh)
    return energy / MWH, lower / MWH, upper / MWH


def joined(parts: Sequence[EnergyRow]) -> tuple[str, str]:
    """Method and cause of all ``parts`` together: the least sure method, every cause once."""
    method = max((row.method for row in parts), key=lambda method: METHOD_RANK[method])
    return method, joined_causes(cause for row in parts if row.cause for cause in row.cause.split(","))


def joined_causes(causes: Iterable[str]) -> str:
    """Several causes as one text in a fixed order."""
    return ",".join(sorted({cause for cause in causes if cause}))
