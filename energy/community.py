"""Energy of a community: the sums of its members' rows, by quantity and quarter-hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from energy.energy_row import EnergyRow, exact_sums, joined


def community_energy(members: Mapping[str, list[EnergyRow]]) -> list[EnergyRow]:
    """Sums over a community's members, by quantity and quarter-hour.

    ``members`` holds each member's rows by its id. Completeness is the share of the members' time that is covered,
    a member without a row counting nothing, among the members that have the quantity at all.
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
        share = covered / (len(having[quantity]) * 1_000_000)
        together.append(EnergyRow(quantity, start, energy, share, method, lower, upper, cause))
    return together
