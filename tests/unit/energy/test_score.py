"""Energy beside the truth: what is outside its bounds, lost or doubled, and which holes were found and refilled."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from energy.energy_row import QUARTER, EnergyRow
from energy.score import Loss, day_totals, holes

DAY = datetime(2026, 6, 10, tzinfo=timezone.utc)
STARTS = [DAY + n * QUARTER for n in range(96)]
TRUTH = {("generation", start): 100.0 for start in STARTS}


def rows(of: dict[int, EnergyRow] | None = None, without: frozenset[int] = frozenset()) -> list[EnergyRow]:
    """A measured row of each quarter-hour, ``of`` in place of some and none of others."""
    measured = [EnergyRow("generation", start, 100.0) for start in STARTS]
    return [(of or {}).get(n, row) for n, row in enumerate(measured) if n not in without]


def row(n: int, wh: float, bounds: tuple[float, float], completeness: float = 1.0, method: str = "spread") -> EnergyRow:
    return EnergyRow("generation", STARTS[n], wh, completeness, method, *bounds, "gap")


@pytest.mark.parametrize(
    ("said", "lost", "doubled"),
    [
        (rows(), 0, 0),
        (rows({3: row(3, 50, (50, 50))}), 50, 0),
        (rows({3: row(3, 50, (50, 100))}), 0, 0),
        (rows({3: row(3, 98.5, (98.5, 98.5))}), 0, 0),  # registers in whole Wh
        (rows({3: row(3, 180, (170, 190))}), 0, 70),
        (rows({3: row(3, 180, (90, 190))}), 0, 0),
        (rows({3: row(3, 0, (0, 0), 0.5)}), 0, 0),  # the other half may have had it
        (rows({3: row(3, 180, (170, 190), 0.5)}), 0, 70),
        (rows(without=frozenset({3})), 0, 0),
        (rows({3: row(3, 180, (170, 190)), 4: row(4, 30, (30, 30))}), 0, 0),  # moved, not doubled
    ],
)
def test_a_day_is_lost_or_doubled_by_what_its_bounds_do_not_hold(
    said: list[EnergyRow], lost: float, doubled: float
) -> None:
    (day,) = day_totals("casa", said, TRUTH)
    assert (day.lost_wh, day.doubled_wh, day.true_wh) == pytest.approx((lost, doubled, 9_600.0))
    assert day.is_outside is bool(lost or doubled)
    assert (day.upper_wh is None) is (len(said) < 96 or any(each.completeness < 1 for each in said))


def test_days_and_quantities_are_totalled_apart() -> None:
    truth = TRUTH | {("import", start + timedelta(days=1)): 10.0 for start in STARTS}
    import_rows = [EnergyRow("import", start + timedelta(days=1), 10.0) for start in STARTS]
    found = day_totals("casa", [*rows(), *import_rows], truth)
    assert [(each.quantity, each.day.day, each.energy_wh) for each in found] == [
        ("generation", 10, 9_600.0),
        ("import", 11, 960.0),
    ]


HOLE = Loss("casa", "inverter", STARTS[8], STARTS[12])
SPREAD = {n: row(n, 90 + n, (0, 400)) for n in range(8, 12)}


@pytest.mark.parametrize(
    ("said", "is_found", "is_refilled"),
    [
        (rows(SPREAD), True, True),
        (rows(), True, True),  # measured, and rightly
        (rows({**SPREAD, 9: row(9, 90, (80, 95))}), True, False),
        (rows({**SPREAD, 9: row(9, 0, (0, 400), 0.0)}), True, False),
        (rows(SPREAD, frozenset({9})), True, False),
        (rows({**SPREAD, 9: row(9, 0, (0, 0), method="measured")}), False, False),
    ],
)
def test_a_hole_is_found_where_nothing_false_is_called_measured(
    said: list[EnergyRow], is_found: bool, is_refilled: bool
) -> None:
    (hole,) = holes([HOLE], said, TRUTH)
    assert (hole.is_found, hole.is_refilled) == (is_found, is_refilled)


def test_a_loss_of_less_than_half_an_hour_makes_no_hole() -> None:
    assert list(holes([HOLE._replace(last=HOLE.first + timedelta(minutes=29))], rows(), TRUTH)) == []
