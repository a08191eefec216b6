"""Shared self-consumption after Real Decreto 244/2019, annex I, and the simplified compensation of its article 14.

Each hour the production is assigned by the coefficients (betas) of the sharing agreement: ENG_h,i = beta_h,i * ENG_h,
the betas of an hour adding up to 1. Then, for each member and hour, self-consumed = min(assigned, consumed), surplus =
max(assigned - consumed, 0), grid = max(consumed - assigned, 0). Energies are whole mWh, betas whole millionths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

ONE = 1_000_000
"""The sum of an hour's betas, in millionths: the six decimals of the coefficient file."""
MWH_PER_MEGAWATT_HOUR = 1_000_000_000


class BetaError(ValueError):
    """Coefficients that do not add up to 1, or are negative; the text says which hour."""


class Shared(NamedTuple):
    """What one member was assigned and used in one hour, in mWh."""

    assigned: int
    self_consumed: int
    surplus: int
    grid: int


class Line(NamedTuple):
    """One hour of a member's bill: energy from the grid and surplus (mWh) and their prices (EUR/MWh)."""

    grid: int
    grid_price: float
    surplus: int
    surplus_price: float


class Bill(NamedTuple):
    """Energy term of one billing period, in EUR before taxes."""

    energy: Decimal
    """Worth of the energy taken from the grid."""
    surplus: Decimal
    """Worth of the surplus, as agreed or by the surplus price."""
    compensated: Decimal
    """What of the surplus is taken off the bill: never more than ``energy``."""

    @property
    def term(self) -> Decimal:
        """What is left to pay: never below 0, and nothing is carried over to the next period."""
        return self.energy - self.compensated


def assign(production: int, betas: Mapping[str, int]) -> dict[str, int]:
    """``production`` (mWh) of one hour by ``betas`` (millionths): parts add up to it exactly.

    Whole mWh are shared by largest remainder, equal remainders by the member's id. Raises :class:`BetaError`.
    """
    if sum(betas.values()) != ONE or min(betas.values()) < 0:
        raise BetaError(
            f"coefficients add up to {Decimal(sum(betas.values())) / ONE}, they must add up to 1, none negative"
        )
    parts = {member: production * beta // ONE for member, beta in betas.items()}
    left = production - sum(parts.values())
    by_remainder = sorted(betas, key=lambda member: (-(production * betas[member] % ONE), member))
    for member in by_remainder[:left]:
        parts[member] += 1
    return parts


def share_hour(assigned: int, consumed: int) -> Shared:
    """One member's hour from what was assigned and what was consumed (mWh); a consumption below 0 counts as none."""
    used = max(0, consumed)
    self_consumed = min(assigned, used)
    return Shared(assigned, self_consumed, assigned - self_consumed, used - self_consumed)


def share_community(
    production: Mapping[datetime, int],
    consumption: Mapping[str, Mapping[datetime, int]],
    betas: Mapping[str, int] | Mapping[datetime, Mapping[str, int]],
) -> dict[str, dict[datetime, Shared]]:
    """Every member's hours. ``betas`` are constant (by member) or hourly (by hour, then member), in millionths.

    ``production`` and ``consumption`` (by member) hold mWh by the hour's start. A member without consumption in an hour
    has consumed nothing known: the hour is left out, so that no surplus is made of a missing value.
    Raises :class:`BetaError`.
    """
    shared: dict[str, dict[datetime, Shared]] = {member: {} for member in consumption}
    for hour, produced in sorted(production.items()):
        try:
            parts = assign(produced, _of_hour(betas, hour))
        except BetaError as error:
            raise BetaError(f"{hour:%Y-%m-%dT%H:%MZ}: {error}") from None
        for member, part in parts.items():
            used = consumption.get(member, {}).get(hour)
            if used is not None:
                shared[member][hour] = share_hour(part, used)
    return shared


def _of_hour(betas: Mapping[str, int] | Mapping[datetime, Mapping[str, int]], hour: datetime) -> Mapping[str, int]:
    constant: dict[str, int] = {}
    for key, value in betas.items():
        if isinstance(key, str) and isinstance(value, int):
            constant[key] = value
        elif key == hour and not isinstance(value, int):
            return value
    if not constant:
        raise BetaError("there are no coefficients for this hour")
    return constant


def compensate(lines: Iterable[Line]) -> Bill:
    """The energy term of one billing period (at most a month) under simplified compensation.

    The worth of the surplus is compensated up to the worth of the energy taken from the grid in the same period.
    """
    energy = surplus = Decimal(0)
    for line in lines:
        energy += Decimal(line.grid) * Decimal(repr(line.grid_price)) / MWH_PER_MEGAWATT_HOUR
        surplus += Decimal(line.surplus) * Decimal(repr(line.surplus_price)) / MWH_PER_MEGAWATT_HOUR
    return Bill(energy, surplus, min(surplus, max(energy, Decimal(0))))
