"""Each event of an alarm is sent once, in order, whether it came between two looks or in an absence."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from serving_layer.webhooks.news import CLEARED, RAISED, Event, Key, key_of, news, still_open

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def alarm(n: int, minutes_ago: float, cleared_ago: float | None = None) -> dict[str, Any]:
    cleared = None if cleared_ago is None else NOW - timedelta(minutes=cleared_ago)
    raised = NOW - timedelta(minutes=minutes_ago)
    key = Key(f"home-{n}", "inverter", "silent", raised)._asdict()
    return key | {"text": f"text {n}", "cleared_at": cleared}


def in_short(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.type, event.alarm["installation_id"]) for event in events]


def test_an_alarm_is_announced_when_it_is_raised_and_when_it_is_cleared_and_no_more() -> None:
    looked = NOW - timedelta(minutes=1)
    raised, cleared = alarm(1, 30), alarm(1, 30, 0.5)
    assert in_short(news(frozenset(), [raised], [], looked)) == [(RAISED, "home-1")]
    announced = still_open(frozenset(), [raised], [])
    assert news(announced, [raised], [], looked) == []
    assert in_short(news(announced, [], [cleared], looked)) == [(CLEARED, "home-1")]
    assert still_open(announced, [], [cleared]) == frozenset()


def test_what_came_and_went_in_an_absence_is_announced_and_what_ended_before_is_not() -> None:
    looked = NOW - timedelta(hours=1)
    past = [alarm(1, 50, 20), alarm(2, 300, 90), alarm(3, 40)]
    events = news(frozenset(), [alarm(3, 40)], past, looked)
    assert in_short(events) == [(RAISED, "home-1"), (RAISED, "home-3"), (CLEARED, "home-1")]
    assert [event.alarm["cleared_at"] is None for event in events] == [True, True, False]


def test_an_end_that_is_not_written_yet_is_waited_for_and_a_deleted_row_is_not() -> None:
    announced = frozenset({key_of(alarm(1, 30)), key_of(alarm(2, 30))})
    assert news(announced, [], [alarm(1, 30)], NOW) == []
    assert still_open(announced, [], [alarm(1, 30)]) == {key_of(alarm(1, 30))}


def test_the_same_event_has_the_same_id_and_no_other_has() -> None:
    events = [Event(type_, each) for type_ in (RAISED, CLEARED) for each in (alarm(1, 30), alarm(2, 30), alarm(1, 31))]
    ids = {event.id_for(webhook) for event in events for webhook in ("a", "b")}
    assert len(ids) == 12
    assert Event(RAISED, alarm(1, 30)).id_for("a") in ids


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=30), st.sets(st.integers(0, 29)))
def test_whenever_it_is_looked_each_alarm_is_announced_as_raised_then_cleared(
    steps: list[tuple[int, bool]], skipped: set[int]
) -> None:
    """Each step clears the alarm of a home where one stands, and raises a new one; some steps nobody looks."""
    start, announced, sent = NOW - timedelta(hours=1), frozenset[Key](), dict[Key, list[str]]()
    rows: dict[Key, dict[str, Any]] = {}
    looked = start
    for at, (home, raises) in enumerate(steps):
        now = start + timedelta(minutes=at + 1)
        for row in rows.values():
            if row["installation_id"] == f"home-{home}" and row["cleared_at"] is None:
                row["cleared_at"] = now
        if raises:
            made = alarm(home, (NOW - now) / timedelta(minutes=1))
            rows[key_of(made)] = made
        if at not in skipped or at == len(steps) - 1:
            standing = [row for row in rows.values() if row["cleared_at"] is None]
            past = [dict(row) for row in rows.values()]
            for event in news(announced, standing, past, looked):
                sent.setdefault(key_of(event.alarm), []).append(event.type)
            announced, looked = still_open(announced, standing, past), now
    for key, row in rows.items():
        assert sent[key] == ([RAISED] if row["cleared_at"] is None else [RAISED, CLEARED])
