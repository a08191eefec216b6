"""A page's live values as server-sent events: at once all of them, then what has changed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import Depends
from fastapi.responses import StreamingResponse

from conf.refusal import Refusal
from serving_layer.access.turns import Turns
from serving_layer.web import answer

STREAMS = Depends(Turns(at_once=100, wait_seconds=0.1))
"""Pages that follow at once: each holds a connection. One more asks every few seconds instead."""
PACE_SECONDS = 0.5
"""Seconds from one look to the next, at least."""
SHARE = 0.01
"""Looking works at most this share of the time, for a thousand installations cost more than one; Cassandra's driver
works beside it."""
LONGEST_SECONDS = 30.0
ALIVE_SECONDS = 2.0
HEADERS = answer.HEADERS | {"x-accel-buffering": "no"}
Values = Mapping[str, Mapping[str, Any]]
"""Values by place, of each kind: texts, classes, flows, numbers, rows."""


def stream(look: Callable[[], Values]) -> StreamingResponse:
    """The stream of what ``look`` finds, while the page is open and nothing is refused. Raises what ``look`` raises."""
    look()
    return StreamingResponse(events(look), media_type="text/event-stream", headers=HEADERS)


async def events(look: Callable[[], Values]) -> AsyncIterator[str]:
    """A refusal ends them: the page then asks in the usual way, and is answered why."""
    sent: Values = {}
    while True:
        begun = time.monotonic()
        try:
            found, worked = await run_sync(_timed, look)
        except Refusal:
            return
        taken = time.monotonic() - begun
        yield _event(changes(sent, found))
        sent = found
        async for alive in _resting(rest(worked, taken)):
            yield alive


def rest(worked: float, taken: float) -> float:
    """Seconds from the end of a look to the next one: it worked ``worked`` seconds of the ``taken``, waiting aside."""
    return min(max(PACE_SECONDS, worked / SHARE, taken), LONGEST_SECONDS)


def changes(sent: Values, found: Values) -> Values:
    """The values of each kind in which ``found`` differs from what was ``sent``; a place that is no more is None."""
    news = {
        kind: {
            place: value
            for place, value in values.items()
            if place not in sent.get(kind, {}) or sent[kind][place] != value
        }
        | {place: None for place in sent.get(kind, {}) if place not in values}
        for kind, values in found.items()
    }
    return {kind: values for kind, values in news.items() if values}


def _timed(look: Callable[[], Values]) -> tuple[Values, float]:
    begun = time.thread_time()
    return look(), time.thread_time() - begun


async def _resting(seconds: float) -> AsyncIterator[str]:
    """A rest of ``seconds``, with signs of life: without one a page says that the server is gone."""
    while seconds > ALIVE_SECONDS:
        await anyio.sleep(ALIVE_SECONDS)
        seconds -= ALIVE_SECONDS
        yield _event({})
    await anyio.sleep(seconds)


def _event(values: Values) -> str:
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"data: {text}\n\n"
