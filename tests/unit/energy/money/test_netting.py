"""Net balance in a window: one of import and export is left, and nothing is made of what is not known."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.money.netting import Flow, Metered, Net, net

START = datetime(2026, 10, 24, 22, tzinfo=timezone.utc)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
DAY_OF_25_HOURS = [START + n * HOUR for n in range(25)]
AMOUNTS = st.lists(st.integers(0, 10**7), min_size=4, max_size=4)


def flows(values: list[int | None], measured: bool = True) -> dict[datetime, Flow]:
    return {START + n * QUARTER: Flow(value, measured) for n, value in enumerate(values) if value is not None}


def _net(grid: int, surplus: int, imports: list[int]) -> Net:
    return Net(START, grid, surplus, imports=tuple(imports))


@pytest.mark.parametrize(
    ("imports", "exports", "expected"),
    [
        # 1 kWh in and 0.6 out in one hour: 0.4 from the grid, and no surplus
        ([500, 500, 0, 0], [0, 0, 300, 300], _net(400, 0, [500, 500, 0, 0])),
        ([0, 0, 100, 0], [0, 400, 0, 0], _net(0, 300, [0, 0, 100, 0])),
        ([200, 0, 0, 0], [0, 200, 0, 0], _net(0, 0, [200, 0, 0, 0])),
        ([200, None, 0, 0], [0, 0, 0, 0], Net(START, 0, 0, None, False, False)),
        ([200, 0, 0, 0], [0, 0, 0, None], Net(START, 0, 0, None, False, False)),
        # a supply that never exports has no export to be known
        ([200, 0, 0, 0], [], _net(200, 0, [200, 0, 0, 0])),
    ],
)
def test_an_hour_by_hand(imports: list[int | None], exports: list[int | None], expected: Net) -> None:
    assert net([START], HOUR, Metered(flows(imports), flows(exports))) == [expected]


def test_a_window_of_a_quarter_hour_offsets_less() -> None:
    metered = Metered(flows([500, 500, 0, 0]), flows([0, 0, 300, 300]))
    quarters = net([START + n * QUARTER for n in range(4)], QUARTER, metered)
    assert [(window.grid, window.surplus) for window in quarters] == [(500, 0), (500, 0), (0, 300), (0, 300)]


def test_a_quarter_hour_that_was_not_measured_marks_its_hour() -> None:
    metered = Metered(flows([1, 2, 3]) | {START + 3 * QUARTER: Flow(4, False)}, {})
    assert net([START], HOUR, metered) == [Net(START, 10, 0, None, False)]


@given(AMOUNTS, AMOUNTS)
def test_the_balance_is_that_of_the_meter_and_one_side_is_left(imports: list[int], exports: list[int]) -> None:
    (found,) = net([START], HOUR, Metered(flows([*imports]), flows([*exports])))
    assert found.grid - found.surplus == sum(imports) - sum(exports)
    assert min(found.grid, found.surplus) == 0


def test_the_order_of_values_changes_nothing() -> None:
    dice = random.Random(3)
    imports = [(START + n * QUARTER, Flow(dice.randrange(10**6))) for n in range(100)]
    exports = [(START + n * QUARTER, Flow(dice.randrange(10**6))) for n in range(100)]
    in_order = net(DAY_OF_25_HOURS, HOUR, Metered(dict(imports), dict(exports)))
    for _ in range(20):
        dice.shuffle(imports)
        dice.shuffle(exports)
        assert net(DAY_OF_25_HOURS, HOUR, Metered(dict(imports), dict(exports))) == in_order
    assert len(in_order) == 25
