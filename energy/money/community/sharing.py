"""Shared self-consumption after Real Decreto 244/2019, annex I.

Each hour the net generation is assigned by the coefficients (betas) of the agreement: ENG_h,i = beta_h,i * ENG_h. Then,
for each member and hour, self-consumed = min(assigned, used), surplus = assigned - self-consumed, grid = used -
self-consumed. Energies are whole mWh, betas whole millionths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from energy.money.community.agreement import ONE, Agreement, Betas
from energy.money.netting import Net

GENERATION, USE = 1, 2
"""Bits of an hour that was not measured throughout: by the generation that is shared, by the member's own use."""


class Shared(NamedTuple):
    """Energy that one member was assigned and used in one hour, in mWh; None where the use is not known."""

    assigned: int
    self_consumed: int | None
    surplus: int | None
    grid: int | None
    estimated: int = 0
    """Bits :data:`GENERATION` and :data:`USE`; 0: measured throughout."""


class Estimated(NamedTuple):
    """The hours (UTC) that were not measured throughout: of the generation, and of each member's use."""

    generation: Set[datetime] = frozenset()
    uses: Mapping[str, Set[datetime]] = MappingProxyType({})

    def bits(self, member: str, hour: datetime, beta: int) -> int:
        """The bits of a member's hour; one whose coefficient is 0 rests on no generation."""
        of_use = USE if hour in self.uses.get(member, ()) else 0
        return of_use | (GENERATION if beta and hour in self.generation else 0)


MEASURED = Estimated()


def assign(generation: int, betas: Betas) -> dict[str, int]:
    """``generation`` (mWh) of one hour by ``betas`` (millionths, adding up to 1): parts add up to it exactly.

    Whole mWh are shared by largest remainder, equal remainders by the member's id.
    """
    parts, remainders = {}, []
    for member, beta in betas.items():
        parts[member], rest = divmod(generation * beta, ONE)
        remainders.append((-rest, member))
    left = generation - sum(parts.values())
    for _, member in sorted(remainders)[:left]:
        parts[member] += 1
    return parts


def share_hour(assigned: int, used: int | None) -> Shared:
    """One member's hour (mWh). A use below 0 counts as none; of one that is not known only the assigned part is."""
    if used is None:
        return Shared(assigned, None, None, None)
    used = max(0, used)
    self_consumed = min(assigned, used)
    return Shared(assigned, self_consumed, assigned - self_consumed, used - self_consumed)


def share_community(
    generation: Mapping[datetime, int],
    uses: Mapping[str, Mapping[datetime, int]],
    of: Agreement,
    estimated: Estimated = MEASURED,
) -> dict[str, dict[datetime, Shared]]:
    """Every member's hours. ``generation`` and ``uses`` (by member) hold mWh by the hour's start (UTC).

    Whoever joins or leaves within them is assigned nothing before or after and uses the grid's alone, as everybody does
    before the first version. A member is absent from an hour whose generation is not known. Raises
    :class:`energy.money.community.agreement.NoCoefficients`, also where the agreement begins after all the hours.
    """
    shared: dict[str, dict[datetime, Shared]] = {}
    inside = {hour: of.members_at(hour) for hour in sorted(set(generation).union(*uses.values()))}
    members = sorted(set().union(*inside.values()))
    if inside and not members:
        of.at(max(inside))
    for hour, held in inside.items():
        betas = of.at(hour) if held and hour in generation else {}
        parts = assign(generation[hour], betas) if betas else {}
        for member in members:
            if member in parts or member not in held:
                used = uses.get(member, {}).get(hour)
                bits = estimated.bits(member, hour, betas.get(member, 0))
                found = share_hour(parts.get(member, 0), used)._replace(estimated=bits)
                shared.setdefault(member, {})[hour] = found
    return shared


def as_windows(starts: Iterable[datetime], shared: Mapping[datetime, Shared]) -> list[Net]:
    """A member's hours as they are billed; an hour without generation or use that is known has no values."""
    found = []
    for start in starts:
        hour = shared.get(start)
        if hour is None or hour.self_consumed is None or hour.grid is None or hour.surplus is None:
            found.append(Net(start, 0, 0, None, False, False))
        else:
            used = hour.self_consumed + hour.grid
            found.append(Net(start, hour.grid, hour.surplus, used, not hour.estimated))
    return found
