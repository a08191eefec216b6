"""Which devices have gone silent: those that were heard live, without a break, and then no more."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from speed_layer.silent_today import LOOK_SECONDS, Live, advanced, is_silent

START = datetime(2026, 11, 26, 6, tzinfo=timezone.utc)
LOOK = timedelta(seconds=LOOK_SECONDS)


def looked(heard: list[tuple[float, float]], delay: float, hours: float, every: float = 5) -> list[float]:
    """Hours after the start at which a device counts as silent, which was heard in the spans ``heard`` (hours).

    Its readings, one in ``every`` minutes, arrive ``delay`` hours late.
    """
    times = [
        START + timedelta(hours=first, minutes=every * n)
        for first, last in heard
        for n in range(int((last - first) * 60 / every) + 1)
    ]
    live: Live | None = None
    silent = []
    for n in range(int(timedelta(hours=hours) / LOOK)):
        now = START + n * LOOK
        arrived = [time for time in times if time + timedelta(hours=delay) <= now]
        if arrived:
            live = advanced(live, arrived[-1], now)
            if is_silent(live, arrived[-1], now):
                silent.append((now - START) / timedelta(hours=1))
    return silent


@pytest.mark.parametrize(
    ("heard", "delay", "first"),
    [
        pytest.param([(0, 20)], 0.0, None, id="goes on"),
        pytest.param([(0, 4)], 0.0, 7.0, id="stops"),
        pytest.param([(0, 4), (6.5, 20)], 0.0, None, id="pauses for less than three hours"),
        pytest.param([(0, 4), (4.25, 5)], 0.0, 8.0, id="stops after a short pause"),
        pytest.param([(0, 0.5)], 0.0, None, id="was heard for half an hour alone"),
        pytest.param([(0, 0.9), (2, 2.9), (4, 4.9)], 0.0, None, id="was never heard for an hour on end"),
        pytest.param([(0, 4)], 2.0, None, id="sends hours late"),
    ],
)
def test_a_device_is_silent_three_hours_after_it_was_live(
    heard: list[tuple[float, float]], delay: float, first: float | None
) -> None:
    silent = looked(heard, delay, 20)
    assert (silent[0] if silent else None) == (first if first is None else pytest.approx(first, abs=0.1))
    assert silent == sorted(silent)


def test_a_silence_of_a_day_is_the_nights_to_find() -> None:
    live = Live(START, START + timedelta(hours=4))
    assert is_silent(live, live.until, live.until + timedelta(hours=23))
    assert not is_silent(live, live.until, live.until + timedelta(hours=24))
