"""When the watch of the queries takes Cassandra for advanced."""

from __future__ import annotations

from typing import Any

import pytest
from cassandra import OperationTimedOut, ReadTimeout
from cassandra.cluster import NoHostAvailable

from speed_layer.queries import is_away


class Answers:
    """A session whose node answers so."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def execute(self, _query: str, timeout: float) -> list[Any]:
        assert timeout <= 1.0
        if self._error:
            raise self._error
        return []


@pytest.mark.parametrize(
    ("error", "away"),
    [
        pytest.param(None, False, id="answers"),
        pytest.param(NoHostAvailable("none", {}), True, id="no connection left"),
        pytest.param(OperationTimedOut(), False, id="busy"),
        pytest.param(ReadTimeout("late"), False, id="overloaded"),
    ],
)
def test_a_node_is_away_when_no_connection_is_left(error: Exception | None, away: bool) -> None:
    assert is_away(Answers(error)) is away
