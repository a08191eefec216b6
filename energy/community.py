"""Energy of a community: the sums of its members' rows, by quantity and quarter-hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from energy.energy_row import EnergyRow, exact_sums, joined


def community_energy(
    members: Mapping[str, list[EnergyRow]],
    belonged: Mapping[str, Sequence[tuple[datetime, datetime]]] = MappingProxyType({}),
) -> list[EnergyRow]:
    """Sums over a community's members, by quantity and quarter-hour.

    ``members`` holds each member's rows by its id, ``belonged`` from when to before when (UTC) each did that did not
    all the time. Completeness is the share of the members' time that is covered, a member without a row counting
    nothing, among those that belong in the quarter-hour and have the quantity at all.
    """
    grouped: dict[tuple[str, datetime], list[EnergyRow]] = defaultdict(list)
    having: dict[str, set[str]] = defaultdict(set)
    for member, rows in members.items():
        for row in rows:
            grouped[row.quantity, row.start].append(row)
            having[row.quantity].add(member)
    together = []
    for (quantity, start), parts in sorted(grouped.items()):
        energy, lower, upper = exact_sums(parts)
        method, cause = joined(parts)
        # Whole parts of a thousandth: a sum of shares must not depend on the members' order.
        covered = sum(round(row.completeness * 1_000_000) for row in parts)
        away = [each for each in belonged.keys() & having[quantity] if not _within(start, belonged[each])]
        share = covered / ((len(having[quantity]) - len(away)) * 1_000_000)
        together.append(EnergyRow(quantity, start, energy, share, method, lower, upper, cause))
    return together


def _within(start: datetime, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(first <= start < last for first, last in spans)
