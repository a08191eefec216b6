"""A night begins once after midnight UTC, again when it failed, and at most so often."""

from __future__ import annotations

import runpy
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_layer import entry
from batch_layer.schedule import BEGINS, STEPS, WAITS, Attempt, begun, due

MIDNIGHT = datetime(2026, 3, 29, tzinfo=timezone.utc)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("now", "published", "attempt", "expected"),
    [
        (MIDNIGHT + 9 * MINUTE, None, None, False),
        (MIDNIGHT + 10 * MINUTE, None, None, True),
        (MIDNIGHT + 10 * MINUTE, MIDNIGHT - DAY, None, True),
        (MIDNIGHT + 10 * MINUTE, MIDNIGHT, None, False),
        (MIDNIGHT + 23 * 60 * MINUTE, MIDNIGHT - DAY, Attempt(MIDNIGHT - DAY, 5, MIDNIGHT - DAY), True),
        (MIDNIGHT + 10 * MINUTE, MIDNIGHT + 365 * DAY, None, True),
        (MIDNIGHT + 30 * MINUTE, None, Attempt(MIDNIGHT, 1, MIDNIGHT + 16 * MINUTE), False),
        (MIDNIGHT + 31 * MINUTE, None, Attempt(MIDNIGHT, 1, MIDNIGHT + 16 * MINUTE), True),
        (MIDNIGHT + 23 * 60 * MINUTE, None, Attempt(MIDNIGHT, len(WAITS) + 1, MIDNIGHT + 16 * MINUTE), False),
    ],
)
def test_when_a_night_is_due(
    now: datetime, published: datetime | None, attempt: Attempt | None, expected: bool
) -> None:
    assert due(now, published, attempt) is expected


@given(succeeds_at=st.integers(1, 9), lasts=st.integers(0, 240), polls=st.integers(1, 90))
def test_a_day_sees_one_published_night_and_few_tries(succeeds_at: int, lasts: int, polls: int) -> None:
    """The watch asks every few minutes; each try lasts a while; the n-th one is published."""
    published, attempt, now, tries = MIDNIGHT - DAY, None, MIDNIGHT, 0
    while now < MIDNIGHT + DAY:
        if due(now, published, attempt):
            attempt, tries = begun(now, attempt), tries + 1
            assert now >= MIDNIGHT + BEGINS
            if tries == succeeds_at:
                published = MIDNIGHT
            now += lasts * MINUTE
            attempt = attempt._replace(ended=now)
        now += polls * MINUTE
    assert tries <= min(succeeds_at, len(WAITS) + 1)
    assert due(MIDNIGHT + DAY + BEGINS, published, attempt)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_a_program_of_its_own_name(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(entry, "main", started.append)
    found = find_spec(f"batch_layer.{step}")
    assert found is not None
    assert found.origin is not None
    runpy.run_path(found.origin, run_name="__main__")
    assert started == [step]
