"""What a page that follows is told: all at first, then changes alone, with signs of life between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conf.refusal import Refusal
from serving_layer.web import follow

KINDS = st.fixed_dictionaries(
    {kind: st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3) for kind in ("t", "f")}
)


def heard(looks: Sequence[follow.Values], pace: float = 0.0) -> list[Any]:
    left = iter(looks)

    def look() -> follow.Values:
        for found in left:
            return found
        raise Refusal("gone")

    async def listen() -> list[Any]:
        return [json.loads(each.removeprefix("data: ")) async for each in follow.events(look)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "PACE_SECONDS", pace)
        patch.setattr(follow, "LONGEST_SECONDS", pace)
        return anyio.run(listen)


@given(st.lists(KINDS, min_size=1, max_size=6))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_who_puts_changes_together_knows_what_stands(looks: list[follow.Values]) -> None:
    known: dict[str, dict[str, Any]] = {"t": {}, "f": {}}
    for found, news in zip(looks, heard(looks), strict=True):
        for kind, places in news.items():
            assert all(known[kind].get(place) != value for place, value in places.items())
            known[kind] = {place: value for place, value in (known[kind] | places).items() if value is not None}
        assert known == found


def test_between_two_looks_that_are_far_apart_there_are_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "ALIVE_SECONDS", 0.02)
    same = {"t": {"power": "1 kW"}}
    assert heard([same], pace=0.09) == [same, {}, {}, {}, {}]


def test_looking_takes_a_small_share_of_the_time() -> None:
    assert follow.rest(0.001) == follow.PACE_SECONDS
    assert follow.rest(0.2) == pytest.approx(10.0)
    assert follow.rest(5.0) == follow.LONGEST_SECONDS
