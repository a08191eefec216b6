"""Questions wait in the order of asking; long ones leave a place to the short."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from serving_layer.access.turns import Busy
from serving_layer.sql.bounds.lanes import Lanes

PATIENCE = 30.0


class Asked:
    """A question in a thread, which holds its place until told to end."""

    def __init__(self, lanes: Lanes, pool: ThreadPoolExecutor, name: str, is_long: bool) -> None:
        self.at_work, self.end = threading.Event(), threading.Event()
        self._lanes, self._name, self._is_long = lanes, name, is_long
        self.result: Future[None] = pool.submit(self._work)

    def _work(self) -> None:
        with self._lanes.place(self._name, self._is_long, PATIENCE):
            self.at_work.set()
            self.end.wait(PATIENCE)


def waiting(lanes: Lanes) -> int:
    return len(lanes._queue)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_who_has_waited_longest_goes_first() -> None:
    lanes = Lanes(1, 1)
    with ThreadPoolExecutor(8) as pool:
        first = Asked(lanes, pool, "first", True)
        until(first.at_work.is_set)
        others = []
        for number in range(5):
            others.append(Asked(lanes, pool, f"{number}", number % 2 == 0))
            until(lambda: waiting(lanes) == len(others))
        before = first
        for each in others:
            assert not each.at_work.is_set()
            before.end.set()
            until(each.at_work.is_set)
            before = each
        before.end.set()


def test_long_questions_leave_a_place_to_a_short_one() -> None:
    lanes = Lanes(3, 2)
    with ThreadPoolExecutor(8) as pool:
        at_work = [Asked(lanes, pool, "long", True) for _ in range(2)]
        until(lambda: all(each.at_work.is_set() for each in at_work))
        third = Asked(lanes, pool, "long", True)
        until(lambda: waiting(lanes) == 1)
        short = Asked(lanes, pool, "short", False)
        until(short.at_work.is_set)
        assert not third.at_work.is_set()
        short.end.set()
        short.result.result(PATIENCE)
        assert not third.at_work.is_set()
        at_work[0].end.set()
        until(third.at_work.is_set)
        for each in (*at_work, third):
            each.end.set()


def test_one_that_leaves_waits_no_longer_and_takes_no_place() -> None:
    lanes = Lanes(1, 1)
    with ThreadPoolExecutor(8) as pool:
        first = Asked(lanes, pool, "first", False)
        until(first.at_work.is_set)
        second = Asked(lanes, pool, "second", False)
        until(lambda: waiting(lanes) == 1)
        lanes.leave("second")
        lanes.leave("first")
        with pytest.raises(Busy, match="taken back"):
            second.result.result(PATIENCE)
        first.end.set()
        first.result.result(PATIENCE)
    with lanes.place("third", True, 0.0):
        pass


def test_who_waits_too_long_is_told_so_and_a_place_is_given_back_whatever_happens() -> None:
    lanes = Lanes(1, 1)
    with lanes.place("first", True, 0.0), pytest.raises(Busy, match=r"within 0\.05 s"), lanes.place("x", False, 0.05):
        pass
    assert waiting(lanes) == 0
    for _ in range(3):
        with pytest.raises(ValueError, match="it failed"), lanes.place("fails", True, 0.0):
            raise ValueError("it failed")
