"""Energy beside the truth that a simulator knows: day totals against their bounds, and holes found and refilled.

Energies are in Wh, days are UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import product
from typing import NamedTuple

from energy.energy_row import QUARTER, EnergyRow, exact_sums, joined_causes
from energy.records import REGISTER_QUANTITIES, quantities_of
from energy.registers.pace import LONG_STEP

SLACK_OF_REGISTER_WH = 2.0
"""Energy that a register in whole Wh can't tell: a count at each end."""
Truth = Mapping[tuple[str, datetime], float]
"""The energy of one installation by quantity and quarter-hour (its start, UTC)."""


class DayTotal(NamedTuple):
    """A day of one quantity as it is said and as it truly was."""

    installation_id: str
    quantity: str
    day: date
    true_wh: float
    energy_wh: float
    lower_wh: float
    upper_wh: float | None
    """None where a part of the day is not covered: it may have had any energy."""
    lost_wh: float
    """The part of the truth that lies above the bounds."""
    doubled_wh: float
    """The part of the bounds that lies above the truth."""
    cause: str

    @property
    def is_outside(self) -> bool:
        """Whether the truth is not between the bounds."""
        return self.lost_wh > 0 or self.doubled_wh > 0


class Loss(NamedTuple):
    """Readings of one device that were lost, from the first to the last (UTC)."""

    installation_id: str
    device_kind: str
    first: datetime
    last: datetime


class Misdated(NamedTuple):
    """Readings of one device that a clock off by minutes dated, from the first to the last (true UTC)."""

    device_kind: str
    first: datetime
    last: datetime

    def concerns(self, quantity: str, edge: datetime) -> bool:
        """Whether what flowed of a quantity before ``edge`` can't be told by it from what flowed after."""
        is_own = quantity in quantities_of(self.device_kind) or quantity not in REGISTER_QUANTITIES
        return is_own and self.first - QUARTER <= edge <= self.last + QUARTER


class Hole(NamedTuple):
    """A loss of readings for so long that it is a gap: longer than :data:`LONG_STEP`."""

    loss: Loss
    is_found: bool
    """Whether no value of it is called measured that is not what truly flowed."""
    is_refilled: bool
    """Whether all of it is covered and the truth lies between its bounds."""


def day_totals(
    installation_id: str,
    rows: Iterable[EnergyRow],
    truth: Truth,
    misdated: Collection[Misdated] = (),
    members: int = 1,
) -> list[DayTotal]:
    """The scores of each quantity and day that the ``truth`` knows, in order; of a community the sums of its members.

    Where readings at midnight were ``misdated``, nobody can tell on which day the energy beside it fell.
    """
    days: dict[tuple[str, date], list[datetime]] = defaultdict(list)
    for quantity, start in truth:
        days[quantity, start.date()].append(start)
    by_start = {(row.quantity, row.start): row for row in rows}
    return [
        _day_total(
            (installation_id, *key),
            [by_start.get((key[0], start)) for start in starts],
            sum(truth[key[0], start] for start in starts),
            len(starts),
            members * _slack(key[0], truth) + _at_edges(key[0], starts, truth, misdated),
        )
        for key, starts in sorted(days.items())
    ]


def _day_total(
    of: tuple[str, str, date], rows: list[EnergyRow | None], true: float, count: int, slack: float
) -> DayTotal:
    said = [row for row in rows if row is not None]
    energy, lower, upper = exact_sums(said)
    is_whole = len(said) == count and all(row.completeness == 1 for row in said)
    lost = true - upper if is_whole and true > upper + slack else 0.0
    doubled = lower - true if true < lower - slack else 0.0
    cause = joined_causes(each for row in said for each in row.cause.split(","))
    return DayTotal(*of, true, energy, lower, upper if is_whole else None, lost, doubled, cause)


def _at_edges(quantity: str, starts: list[datetime], truth: Truth, misdated: Collection[Misdated]) -> float:
    """The energy of the quarter-hours beside the day's edges that lie in misdated readings, the greater of each two."""
    edges = min(starts), max(starts) + QUARTER
    concerned = [edge for edge in edges if any(each.concerns(quantity, edge) for each in misdated)]
    return sum(max(truth.get((quantity, at), 0.0) for at in (edge - QUARTER, edge)) for edge in concerned)


def holes(losses: Iterable[Loss], rows: Collection[EnergyRow], truth: Truth) -> Iterator[Hole]:
    """Holes that the ``losses`` of one installation made."""
    by_start = {(row.quantity, row.start): row for row in rows}
    starts = sorted({start for _, start in truth})
    for loss in (each for each in losses if each.last - each.first >= LONG_STEP):
        periods = [start for start in starts if loss.first <= start and start + QUARTER <= loss.last]
        keys = product(quantities_of(loss.device_kind), periods)
        of = [(by_start.get(key), truth[key]) for key in keys]
        yield Hole(loss, all(_is_found(*each) for each in of), all(_is_refilled(*each) for each in of))


def _is_found(row: EnergyRow | None, true_wh: float) -> bool:
    is_measured = row is not None and row.method == "measured" and row.completeness == 1
    return not is_measured or _is_refilled(row, true_wh)


def _is_refilled(row: EnergyRow | None, true_wh: float) -> bool:
    if row is None or row.completeness < 1:
        return False
    _, lower, upper = exact_sums([row])
    return lower - SLACK_OF_REGISTER_WH <= true_wh <= upper + SLACK_OF_REGISTER_WH


def _slack(quantity: str, truth: Truth) -> float:
    """Energy that the registers of a quantity can't tell: a derived one is made of all that there are."""
    of = {quantity} if quantity in REGISTER_QUANTITIES else {each for each, _ in truth} & REGISTER_QUANTITIES
    return SLACK_OF_REGISTER_WH * max(1, len(of))
