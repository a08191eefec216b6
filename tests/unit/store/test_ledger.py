"""What lies between two batches and was never read is counted."""

from __future__ import annotations

import pytest

from store.ledger import dropped_between


@pytest.mark.parametrize(
    ("last", "first", "count"),
    [
        ({}, {"0": 500}, 0),  # nothing is known of where it stood
        ({"0": 499}, {"0": 500}, 0),
        ({"0": 399}, {"0": 500}, 100),
        ({"0": 399, "1": 9, "2": 7}, {"0": 500, "1": 10}, 100),
        ({"0": 399, "1": 9}, {"0": 401, "1": 20}, 11),
        ({"0": 499}, {"0": 0}, 0),  # a new checkpoint reads the topic again
    ],
)
def test_messages_that_were_never_read_are_counted(last: dict[str, int], first: dict[str, int], count: int) -> None:
    assert dropped_between(last, first) == count
