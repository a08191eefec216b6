"""Independent clients read the same of the same devices and answers as ours; each is skipped where it is not here."""

from __future__ import annotations

import pytest

from tests.support.peers.compared.asked import beside
from tests.support.peers.compared.cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_a_peer_agrees_value_by_value(name: str) -> None:
    case = CASES[name]
    missing = case.missing()
    if missing:
        pytest.skip(missing)
    found = case.compare()
    assert found.apart == ()
    assert found.values >= 5


@pytest.mark.parametrize(
    ("ours", "theirs", "differing"),
    [
        ({"a": 1.0, "b": None}, {"a": 1.0}, 0),
        ({"a": 1.0}, {"a": 1.1}, 1),
        ({"a": 1.0}, {"a": None}, 1),
        ({"a": 0.0}, {}, 1),
        ({}, {"b": 2.0}, 1),
        ({"a": 1.000_5}, {"a": 1.0}, 0),
    ],
)
def test_a_value_that_differs_or_that_one_has_alone_is_told(
    ours: dict[str, float | None], theirs: dict[str, float | None], differing: int
) -> None:
    assert len(beside("here", ours, theirs, within=0.001).apart) == differing
