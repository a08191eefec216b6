"""Consumption and self-consumption: what no register counts, derived once from all that is known of a period.

consumption = generation + import - export - charge + discharge, and self-consumption = generation - export, exactly
in mWh. What can't be known is not said:

* Consumption needs the import, where something generates the export, too, and where something is exported what gave it.
  A site without a meter whose inverter and battery are read is off the grid: its consumption says ``no meter``.
* What others state of consumption and self-consumption stands, but where readings alone give it.
* A battery may have sold what is not the sun's: self-consumption is then bounded, and never below 0.
* Devices read a moment apart can make a balance below 0. It is kept, so that longer sums stay exact, but as
  ``estimated``, for ``unbalanced``, within bounds that hold what is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from datetime import datetime

from energy.energy_row import MWH, EnergyRow, joined, joined_causes, to_mwh

CONSUMPTION = {"generation": 1, "import": 1, "export": -1, "charge": -1, "discharge": 1}
"""Consumption as a signed sum of the quantities that registers count."""
SELF_CONSUMPTION = {"generation": 1, "export": -1}
NO_METER = "no meter"
UNBALANCED = "unbalanced"

Rows = Mapping[str, EnergyRow]
"""The rows of one period by quantity."""


def derived(of: Rows, stated: Set[str], silent: Callable[[str], bool], has_meter: bool) -> list[EnergyRow]:
    """The derived rows of one period; they take the place of those that ``of`` has.

    ``stated`` are the quantities that others have stated, ``silent`` says whether a quantity is missing although its
    device was heard of late, ``has_meter`` whether the installation has a meter at all.
    """
    found = [_consumption(of, silent, has_meter)]
    if "generation" in of and "export" in of:
        found.append(_self_consumption(of["generation"], of["export"], of.get("discharge")))
    return [row for row in found if row is not None and not _gives_way(row, of, stated)]


def _gives_way(row: EnergyRow, of: Rows, stated: Set[str]) -> bool:
    """Whether somebody's statement of the same quantity stands: readings alone do not give it."""
    return row.quantity in of and (row.completeness == 0 or not stated.isdisjoint(CONSUMPTION.keys() & of.keys()))


def _consumption(of: Rows, silent: Callable[[str], bool], has_meter: bool) -> EnergyRow | None:
    present = {name: of[name] for name in CONSUMPTION if name in of}
    cause = ""
    if "import" in present:
        if "export" not in present and ("generation" in present or "discharge" in present):
            return _with_self_consumption(of)
        if _comes_from_nowhere(present, silent):
            return _with_self_consumption(of)
        if "generation" not in present and "self_consumption" in of:
            return _with_self_consumption(of)
    elif not has_meter and "generation" in present and present.keys() & {"charge", "discharge"}:
        cause = NO_METER
    else:
        return None
    row = _signed("consumption", CONSUMPTION, present)
    if any(name not in present and silent(name) for name in CONSUMPTION):
        row = row._replace(completeness=0.0)
    if cause:
        row = row._replace(cause=joined_causes((*row.cause.split(","), cause)))
    return _unbalanced(row, [present[n] for n in ("generation", "import", "discharge") if n in present])


def _comes_from_nowhere(present: Rows, silent: Callable[[str], bool]) -> bool:
    """Whether something is exported of which nobody knows, nor soon will, what gave it: it gave the home more."""
    sources = ("generation", "discharge")
    is_known = any(name in present or silent(name) for name in sources)
    return not is_known and "export" in present and present["export"].energy_wh > 0


def _with_self_consumption(of: Rows) -> EnergyRow | None:
    if "self_consumption" not in of:
        return None
    return _signed("consumption", {"import": 1, "self_consumption": 1}, of)


def _self_consumption(generation: EnergyRow, export: EnergyRow, discharge: EnergyRow | None) -> EnergyRow:
    row = _signed("self_consumption", SELF_CONSUMPTION, {"generation": generation, "export": export})
    sold = 0 if discharge is None else min(_upper(discharge), to_mwh(export.energy_wh))
    if sold <= 0:
        return _unbalanced(row, [generation])
    # The battery may have sold instead of the sun.
    mwh = to_mwh(row.energy_wh)
    upper = max(0, min(_upper(generation), _upper(row) + sold))
    if mwh >= -sold:
        least = max(0, mwh)
        return row._replace(energy_wh=least / MWH, lower_wh=max(0, _lower(row)) / MWH, upper_wh=max(upper, least) / MWH)
    return _unbalanced(row, [generation])


def _signed(quantity: str, signs: Mapping[str, int], of: Rows) -> EnergyRow:
    """The signed sum of rows, as sure as the least sure of them."""
    present = [(sign, of[name]) for name, sign in signs.items() if name in of]
    mwh = lower = upper = 0
    for sign, row in present:
        mwh += sign * to_mwh(row.energy_wh)
        lower += sign * (_lower(row) if sign > 0 else _upper(row))
        upper += sign * (_upper(row) if sign > 0 else _lower(row))
    method, cause = joined([row for _, row in present])
    complete = min(row.completeness for _, row in present)
    start: datetime = present[0][1].start
    return EnergyRow(quantity, start, mwh / MWH, complete, method, lower / MWH, upper / MWH, cause)


def _unbalanced(row: EnergyRow, sources: list[EnergyRow]) -> EnergyRow:
    """``row`` as it is, or, where it lies below 0, as a value that is not sure."""
    if row.energy_wh >= 0:
        return row
    upper = max([_upper(row), 0, *[sum(_upper(source) for source in sources)]])
    cause = joined_causes((*row.cause.split(","), UNBALANCED))
    return row._replace(method="estimated", upper_wh=upper / MWH, cause=cause)


def _lower(row: EnergyRow) -> int:
    return to_mwh(row.energy_wh if row.lower_wh is None else row.lower_wh)


def _upper(row: EnergyRow) -> int:
    return to_mwh(row.energy_wh if row.upper_wh is None else row.upper_wh)
