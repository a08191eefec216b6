"""``GET /v1/installations/{id}/live``: state and alarms as they change, as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from conf.refusal import Refusal
from serving_layer.access.door import Asker, Guarded, SeenInstallation, seen
from serving_layer.access.turns import Turns
from serving_layer.api import parameters as p
from serving_layer.api.answers import text_of
from serving_layer.api.installations import state_of
from serving_layer.reader import Reader
from serving_layer.views import alarms, catalogue, state
from store.web.problems import problems

STREAMS = Depends(Turns(at_once=60, wait_seconds=0.1))
"""A place of a stream; each stream holds a connection."""
EVERY_SECONDS = 2.0
"""The store is asked so often; readings come every few seconds."""
QUIET_SECONDS = 15.0
"""After so long without news a comment says that the stream goes on."""
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": EVENT}}}
}

router = APIRouter(prefix="/v1", tags=["installations"], dependencies=[Guarded])


@router.get(
    "/installations/{installation_id}/live",
    response_class=StreamingResponse,
    responses=problems(403, 404, 422) | EVENTS,
    dependencies=[STREAMS],
)
def live(request: Request, reader: p.ReaderOf, who: Asker, chosen: SeenInstallation) -> StreamingResponse:
    """Events `state` and `alarms` of an installation, or of a community with its members: at once, then at each change.

    Each holds all of it, as `/state` without ages and `/alarms` of those that stand. `refused` ends the stream: the
    access was taken back.
    """
    installation_id = chosen.id

    def look() -> dict[str, str]:
        request.app.state.logins.check(who)
        row = seen(reader, installation_id, who, "live")
        return reader.kept(f"live {installation_id}", EVERY_SECONDS / 2, lambda: news(reader, row))

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events(look), media_type="text/event-stream", headers=headers)


def news(reader: Reader, row: Mapping[str, Any]) -> dict[str, str]:
    """The events of an installation as it stands, without what changes by the clock alone."""
    shown = state.members(row, catalogue.installations(reader))
    now = state_of(reader, row, datetime.now(timezone.utc))
    devices = [{name: value for name, value in each.items() if name != "age_s"} for each in now["devices"]]
    standing = alarms.standing(reader, {*shown, row["installation_id"]})
    said = {"state": now | {"devices": devices}, "alarms": {"alarms": standing}}
    said["state"].pop("age_s")
    return {name: text_of(content) for name, content in said.items()}


async def events(look: Callable[[], dict[str, str]]) -> AsyncIterator[str]:
    """Events of what ``look`` finds, whenever it differs from what was sent last."""
    sent: dict[str, str] = {}
    sent_at = time.monotonic()
    while True:
        try:
            found = await run_sync(look)
        except Refusal as refusal:
            yield f"event: refused\ndata: {json.dumps({'detail': str(refusal)})}\n\n"
            return
        for name in (name for name, text in found.items() if sent.get(name) != text):
            yield f"event: {name}\ndata: {found[name]}\n\n"
            sent_at = time.monotonic()
        sent = found
        if time.monotonic() - sent_at > QUIET_SECONDS:
            yield ": still here\n\n"
            sent_at = time.monotonic()
        await anyio.sleep(EVERY_SECONDS)
