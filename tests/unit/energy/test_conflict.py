"""Two readings of one instant: Cassandra's tie rule in plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.conflict import adds, greater, merge

RECORD = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.floats(allow_nan=False) | st.none(),
    max_size=3,
) | st.dictionaries(st.sampled_from(["status"]), st.text(max_size=3), max_size=1)


@pytest.mark.parametrize(
    ("one", "other", "winner"),
    [
        pytest.param(1.0, 2.0, 2.0, id="greater"),
        pytest.param(5.0, -1.0, -1.0, id="negative-beats-positive"),
        pytest.param(-1.0, -2.0, -2.0, id="more-negative"),
        pytest.param(0.0, -0.0, -0.0, id="negative-zero"),
        pytest.param("on", "off", "on", id="text"),
        pytest.param("z", "é", "é", id="utf-8-bytes"),
        pytest.param(3, 7, 7, id="code"),
        pytest.param(None, 7.0, 7.0, id="absent"),
    ],
)
def test_the_greater_bytes_win(one: Any, other: Any, winner: Any) -> None:
    for a, b in ((one, other), (other, one)):
        assert repr(merge({"x": a}, {"x": b})) == repr({"x": winner})


@settings(max_examples=1_000, deadline=None)
@given(RECORD, RECORD, RECORD)
def test_order_grouping_and_repetition_change_nothing(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    def same(x: dict[str, Any], y: dict[str, Any]) -> bool:
        return sorted(map(repr, x.items())) == sorted(map(repr, y.items()))

    assert same(merge(a, b), merge(b, a))
    assert same(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert same(merge(merge(a, b), b), merge(a, b))
    assert not adds(merge(a, b), b)
    assert adds(a, b) == (not same(merge(a, b), merge(a, {})))


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_numbers_by_the_same_rule(a: float, b: float) -> None:
    assert repr(greater(a, b)) == repr(greater(b, a)) == repr(merge({"x": a}, {"x": b})["x"])
