"""Alarms of silent devices: raised once, cleared once, and none left standing over days that were filled later."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from batch_layer.incremental.device_days import join
from batch_layer.publishing.silent_devices import changed, silences

FIRST = date(2026, 1, 1)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def test_a_silence_is_an_alarm_from_its_first_whole_day() -> None:
    spans = [(day(0), day(2)), (day(5), day(5)), (day(9), day(12))]
    assert list(silences(spans, day(13))) == [(day(3), day(5)), (day(6), day(9))]
    assert list(silences(spans, day(8))) == [(day(3), day(5)), (day(6), None)]
    assert list(silences(spans, day(15))) == [(day(3), day(5)), (day(6), day(9)), (day(13), None)]


def test_a_standing_alarm_is_not_raised_again() -> None:
    before, now = [(day(0), day(2))], [(day(0), day(2)), (day(7), day(7))]
    assert list(changed([], None, before, day(5))) == [(day(3), None)]
    assert list(changed(before, day(5), before, day(6))) == []
    assert list(changed(before, day(6), now, day(8))) == [(day(3), day(7))]
    assert list(changed(now, day(8), now, day(8))) == []


def test_a_silence_that_was_filled_later_is_cleared() -> None:
    before, now = [(day(0), day(2))], [(day(0), day(4))]
    assert list(changed(before, day(6), now, day(7))) == [(day(5), None), (day(3), day(7))]


@settings(max_examples=1_000, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 20), max_size=4), st.integers(0, 3)), min_size=1, max_size=6))
def test_after_any_nights_those_stand_that_the_last_finds(nights: list[tuple[set[int], int]]) -> None:
    table: dict[date, date | None] = {}
    with_data, cut = {0}, 1
    before: list[tuple[date, date]] = []
    previous: date | None = None
    for days, later in nights:
        with_data, cut = with_data | days, cut + later
        spans = join((day(n), day(n)) for n in with_data)
        table |= dict(changed(before, previous, spans, day(cut)))
        before, previous = spans, day(cut)
    standing = {raised for raised, cleared in table.items() if cleared is None}
    assert standing == {raised for raised, cleared in silences(before, day(cut)) if cleared is None}
