"""What a stream tells: news once, a comment in the silence, and a refusal as its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from conf.refusal import Refusal
from serving_layer.api import live
from serving_layer.api.counting import Counting
from serving_layer.metrics import Metrics

NEWS = st.fixed_dictionaries({"state": st.sampled_from("abc"), "alarms": st.sampled_from("xy")})


def streamed(looks: Sequence[dict[str, str]], quiet_seconds: float) -> list[str]:
    """What is told while each look finds the next of ``looks``, and the one after them is refused."""
    left = iter(looks)

    def look() -> dict[str, str]:
        for found in left:
            return found
        raise Refusal("gone")

    async def listen() -> list[str]:
        return [each async for each in live.events(look)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "EVERY_SECONDS", 0.0)
        patch.setattr(live, "QUIET_SECONDS", quiet_seconds)
        return anyio.run(listen)


@given(st.lists(NEWS, min_size=1, max_size=8))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_each_change_is_sent_once_and_the_last_state_of_each_event_stands(looks: list[dict[str, str]]) -> None:
    *events, end = streamed(looks, quiet_seconds=60.0)
    assert end == 'event: refused\ndata: {"detail": "gone"}\n\n'
    for name in ("state", "alarms"):
        data = [each.split("data: ")[1].strip() for each in events if each.startswith(f"event: {name}\n")]
        found = [look[name] for look in looks]
        assert data == [each for at, each in enumerate(found) if at == 0 or each != found[at - 1]]
    assert sorted(events[:2]) == [f"event: {name}\ndata: {looks[0][name]}\n\n" for name in ("alarms", "state")]


def test_in_the_silence_a_comment_says_that_it_goes_on() -> None:
    same = {"state": "a", "alarms": "x"}
    assert streamed([same] * 3, quiet_seconds=-1.0).count(": still here\n\n") == 3
    assert streamed([same] * 3, quiet_seconds=60.0).count(": still here\n\n") == 0


class Counted(Metrics):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def answered(self, path: str, status: int, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(("kind", "is_quick"), [("text/event-stream", True), ("text/csv", False)])
def test_a_stream_has_answered_when_it_begins_and_a_file_when_it_is_whole(kind: str, is_quick: bool) -> None:
    async def parts() -> AsyncIterator[str]:
        yield "data: 1\n\n"
        await anyio.sleep(0.5)
        yield "data: 2\n\n"

    counted = Counted()
    assert TestClient(Counting(StreamingResponse(parts(), media_type=kind), counted)).get("/").text.count("data") == 2
    assert (counted.seconds[0] < 0.4) == is_quick
