"""Which days were heard, and which readings have a say where: the quick way finds what a look at every day finds."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from batch_layer.incremental import device_days

DAY = timedelta(days=1)
JANUARY = date(2026, 1, 1)
_days = st.sets(st.integers(0, 30).map(lambda n: JANUARY + n * DAY), min_size=1, max_size=15)
_any_day = st.integers(-3, 34).map(lambda n: JANUARY + n * DAY)


def spans(days: set[date]) -> list[device_days.Span]:
    return device_days.join((day, day) for day in days)


@settings(max_examples=300, deadline=None)
@given(_days, st.data())
def test_any_order_and_repetition_of_spans_joins_to_the_same_days(days: set[date], data: st.DataObject) -> None:
    parts = data.draw(st.permutations([(day, day) for day in days] + spans(days)))
    joined = device_days.join(parts)
    assert joined == spans(days)
    assert {first + n * DAY for first, last in joined for n in range((last - first).days + 1)} == days


@settings(max_examples=300, deadline=None)
@given(_days, _any_day, st.integers(0, 3))
def test_near_are_the_days_around_and_the_nearest_beyond(days: set[date], day: date, reach: int) -> None:
    wanted = {each for each in days if abs((each - day).days) <= reach}
    before, following = max((d for d in days if d < day), default=None), min((d for d in days if d > day), default=None)
    wanted |= {each for each in days if before and 0 <= (before - each).days <= reach}
    wanted |= {each for each in days if following and 0 <= (each - following).days <= reach}
    assert device_days.near(spans(days), day, reach) == sorted(wanted)


@settings(max_examples=300, deadline=None)
@given(_days, st.data())
def test_a_day_of_data_reaches_to_the_other_end_of_a_silence_beside_it(days: set[date], data: st.DataObject) -> None:
    day = data.draw(st.sampled_from(sorted(days)))
    before, following = max((d for d in days if d < day), default=day), min((d for d in days if d > day), default=day)
    wanted = {before + n * DAY for n in range((day - before).days + 1) if (day - before).days > 1}
    wanted |= {day + n * DAY for n in range((following - day).days + 1) if (following - day).days > 1}
    assert set(device_days.silence_around(spans(days), day)) == wanted


@settings(max_examples=300, deadline=None)
@given(_days, _any_day, _any_day)
def test_silences_are_the_days_between_without_data(days: set[date], first: date, last: date) -> None:
    between = {min(days) + n * DAY for n in range((max(days) - min(days)).days)} - days
    assert device_days.silences(spans(days), first, last) == sorted(day for day in between if first <= day <= last)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(_days, max_size=3), _any_day, st.integers(0, 5))
def test_around_reaches_as_far_as_the_silences_that_a_retraction_leaves(
    of_devices: list[set[date]], first: date, length: int
) -> None:
    last = first + length * DAY
    wanted = {first - DAY, last + DAY}
    for days in of_devices:
        wanted |= {max((day for day in days if day < first), default=first - DAY)}
        wanted |= {min((day for day in days if day > last), default=last + DAY)}
    found = device_days.around(map(spans, of_devices), first, last)
    assert (found[0], found[-1]) == (min(wanted), max(wanted))
    assert found == [found[0] + n * DAY for n in range(len(found))]
