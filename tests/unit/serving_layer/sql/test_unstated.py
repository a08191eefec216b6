"""Which quarter-hours of a month no run states, told from the bits of its days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest

from energy.energy_row import QUARTER
from serving_layer.sql.published.unstated import DAY, WHOLE, Stretch, unstated

MONTH = date(2026, 2, 1)
FIRST, NEXT = datetime(2026, 2, 1, tzinfo=timezone.utc), datetime(2026, 3, 1, tzinfo=timezone.utc)
ALL_WHOLE = {MONTH + timedelta(days=n): WHOLE for n in range(28)}


@pytest.mark.parametrize("cut", [NEXT, NEXT + 5 * DAY, FIRST + 3 * DAY, FIRST + 3 * DAY + QUARTER, FIRST])
def test_a_month_that_is_stated_whole_leaves_nothing(cut: datetime) -> None:
    assert list(unstated(ALL_WHOLE, MONTH, cut)) == []


@pytest.mark.parametrize("cut", [NEXT + DAY, FIRST + 20 * DAY, FIRST + 2 * DAY + 3 * QUARTER])
def test_one_of_which_nothing_is_stated_is_left_up_to_the_cut(cut: datetime) -> None:
    assert list(unstated({}, MONTH, cut)) == [Stretch(FIRST, min(cut, NEXT))]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_are_the_quarter_hours_without_a_bit(seed: int) -> None:
    random = Random(seed)
    days = {day: random.choice((WHOLE, 0, random.getrandbits(96))) for day in random.sample(list(ALL_WHOLE), 20)}
    cut = FIRST + random.randrange(29 * 96) * QUARTER
    left = list(unstated(days, MONTH, cut))
    wanted = [
        at
        for at in (FIRST + n * QUARTER for n in range(28 * 96))
        if at < cut and not days.get(at.date(), 0) >> (at.hour * 4 + at.minute // 15) & 1
    ]
    assert [at for each in left for at in _starts(each)] == wanted
    assert all(before.until < after.start for before, after in pairwise(left))


def _starts(stretch: Stretch) -> list[datetime]:
    return [stretch.start + n * QUARTER for n in range((stretch.until - stretch.start) // QUARTER)]
