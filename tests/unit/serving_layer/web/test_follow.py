"""What a page that follows is told: all at first, then changes alone, with signs of life between them."""

from __future__ import annotations

import json
import time
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


def heard(
    looks: Sequence[follow.Values], pace: float = 0.0, longest: float | None = None, look_seconds: float = 0.0
) -> list[Any]:
    left = iter(looks)

    def look() -> follow.Values:
        time.sleep(look_seconds)
        for found in left:
            return found
        raise Refusal("gone")

    async def listen() -> list[Any]:
        return [json.loads(each.removeprefix("data: ")) async for each in follow.events(look)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "PACE_SECONDS", pace)
        patch.setattr(follow, "LONGEST_SECONDS", pace if longest is None else longest)
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


@pytest.mark.parametrize(
    ("worked", "taken", "seconds"),
    [
        (0.001, 0.002, follow.PACE_SECONDS),
        (0.1, 0.1, 10.0),
        (5.0, 5.0, follow.LONGEST_SECONDS),
        (0.002, 0.2, follow.PACE_SECONDS),
        (0.002, 1.5, 1.5),
    ],
)
def test_looking_works_a_small_share_of_the_time(worked: float, taken: float, seconds: float) -> None:
    assert follow.rest(worked, taken) == pytest.approx(seconds)


def test_a_store_that_answers_slowly_makes_no_page_older_than_its_answers() -> None:
    """A busy machine held a page's values back for seconds: it took the wait for work."""
    begun = time.monotonic()
    heard([{"t": {"power": f"{n} kW"}} for n in range(3)], look_seconds=0.2, longest=30.0)
    assert time.monotonic() - begun < 10.0
