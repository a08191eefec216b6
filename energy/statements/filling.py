"""A quarter-hour that readings cover in part, filled by somebody's statement of it."""

from __future__ import annotations

from energy.energy_row import MWH, EnergyRow, exact_sums, joined, to_mwh


def filled(row: EnergyRow, stated: EnergyRow) -> EnergyRow:
    """``row`` of readings with what ``stated`` says of the time that it lacks; itself where that covers no more.

    A measured statement of just this quarter-hour stands as it is. Of a longer time's the share of the time that is
    lacking is added, and all of it is the bound: nobody knows when it fell.
    """
    if stated.completeness <= row.completeness:
        return row
    if row.completeness == 0 or stated.method == "official":
        return stated
    lacking = (stated.completeness - row.completeness) / stated.completeness
    _, _, upper = exact_sums([row, stated])
    method, cause = joined([row, stated])
    return row._replace(
        energy_wh=(to_mwh(row.energy_wh) + round(to_mwh(stated.energy_wh) * lacking)) / MWH,
        completeness=stated.completeness,
        method=method,
        lower_wh=row.energy_wh if row.lower_wh is None else row.lower_wh,
        upper_wh=upper,
        cause=cause,
    )
