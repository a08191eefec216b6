"""Which periods a reading touches: those between its neighbours."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.energy_row import QUARTER
from speed_layer.energy_query.windows import PIECE, Stretch, Window, pieces, stretches, union, window
from tests.support.readings import NOON, at


def minute(minutes: float) -> datetime:
    return at(minutes * 60)


@pytest.mark.parametrize(
    ("first", "last", "before", "after", "start", "end"),
    [
        pytest.param(5, 5, None, None, 0, 15, id="alone"),
        pytest.param(5, 10, 1, None, 0, 15, id="live, in its period"),
        pytest.param(15, 20, 14, None, 0, 30, id="live, first of its period"),
        pytest.param(5, 5, -40, None, -45, 15, id="after a hole"),
        pytest.param(5, 5, 1, 50, 0, 60, id="late, before a hole"),
        pytest.param(5, 5, 1, 30, 0, 30, id="the next stands on an edge"),
        pytest.param(5, 50, None, None, 0, 60, id="several periods"),
    ],
)
def test_window(first: float, last: float, before: float | None, after: float | None, start: float, end: float) -> None:
    stretch = Stretch("d", minute(first), minute(last))
    neighbours = [minute(each) if each is not None else None for each in (before, after)]
    assert window(stretch, *neighbours) == Window(minute(start), minute(end))


def test_readings_with_a_hole_between_are_two_runs() -> None:
    assert stretches("d", [minute(40), minute(0), minute(15), minute(60)]) == [
        Stretch("d", minute(0), minute(15)),
        Stretch("d", minute(40), minute(40)),
        Stretch("d", minute(60), minute(60)),
    ]


_windows = st.builds(
    lambda first, length: Window(NOON + first * QUARTER, NOON + (first + length) * QUARTER),
    st.integers(-200, 200),
    st.integers(1, 60),
)


def _periods(windows: list[Window]) -> list[datetime]:
    return [each.start + n * QUARTER for each in windows for n in range((each.end - each.start) // QUARTER)]


@given(st.lists(_windows, max_size=8))
def test_a_union_holds_every_period_once(windows: list[Window]) -> None:
    assert _periods(union(windows)) == sorted(set(_periods(windows)))


@given(_windows)
def test_pieces_cover_a_window_and_are_short(each: Window) -> None:
    cut = pieces(each)
    assert _periods(cut) == _periods([each])
    assert all(timedelta() < piece.end - piece.start <= PIECE for piece in cut)
