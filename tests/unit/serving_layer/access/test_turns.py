"""What is more than can be answered at once is told to come back, and says so apart from a store that is away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice

import pytest

from serving_layer.access.turns import Busy, Turns


def test_one_more_than_there_are_places_is_busy_until_one_is_free() -> None:
    turns = contextmanager(Turns(2, 0.05).__call__)

    with turns(), turns(), pytest.raises(Busy) as raised, turns():
        pass
    assert (raised.value.status, raised.value.kind) == (503, "busy")
    assert "Retry-After" in raised.value.headers
    with turns(), turns():
        pass


def test_a_place_is_given_back_whatever_happens() -> None:
    turns = contextmanager(Turns(3, 5.0).__call__)

    def fail(n: int) -> None:
        with turns():
            raise ValueError(n)

    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(fail, n) for n in range(200)]:
            with pytest.raises(ValueError, match=r"\d"):
                done.result()
    with turns(), turns(), turns():
        pass


def test_no_more_wait_than_may() -> None:
    turns = contextmanager(Turns(1, 30.0, waiting=2).__call__)

    def ask() -> bool:
        try:
            with turns():
                return True
        except Busy:
            return False

    with ThreadPoolExecutor(10) as pool:
        with turns():
            answers = [pool.submit(ask) for _ in range(10)]
            refused = list(islice(as_completed(answers, timeout=20), 8))
            assert not any(each.result() for each in refused)
        assert sorted(each.result() for each in answers) == [False] * 8 + [True] * 2
