"""Days of a bill as people name them."""

from __future__ import annotations

from datetime import date

import pytest

from serving_layer.instants import BadInstant, day, days


def test_a_month_and_days_of_ones_own() -> None:
    assert days("2026-12", None, None) == (date(2026, 12, 1), date(2027, 1, 1))
    assert days("2028-02", None, None) == (date(2028, 2, 1), date(2028, 3, 1))
    assert days(None, "2026-03-10", "2026-04-09") == (date(2026, 3, 10), date(2026, 4, 9))


@pytest.mark.parametrize(
    ("month", "first", "until", "said"),
    [
        (None, None, None, "name a month"),
        ("2026-03", "2026-03-01", "2026-04-01", "name a month"),
        (None, "2026-03-01", None, "name a month"),
        (None, None, "2026-03-01", "name a month"),
        (None, "2026-03-01", "2026-03-01", "must come after"),
        ("2026-13", None, None, "is no day"),
        ("2026-3", None, None, "is no day"),
        ("march", None, None, "is no day"),
        (None, "1999-12-31", "2026-01-01", "outside the years"),
        (None, "20260301", "2026-04-01", "is no day"),
    ],
)
def test_days_that_are_none_are_refused(month: str | None, first: str | None, until: str | None, said: str) -> None:
    with pytest.raises(BadInstant, match=said):
        days(month, first, until)


def test_a_day_is_written_as_a_date() -> None:
    assert day("2026-03-29") == date(2026, 3, 29)
    with pytest.raises(BadInstant):
        day("2026-03-29T00:00")
