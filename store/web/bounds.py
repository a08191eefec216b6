"""Bounds of a request: its body, its address, and the number of a kind that are answered at once."""

from __future__ import annotations

import asyncio
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024
"""The page's calls have a few hundred bytes."""
BODY_SECONDS = 30.0
"""Longest time for a body to come."""
TARGET_BYTES = 8 * 1024
"""Longest path and query together."""
HEADER_BYTES = 16 * 1024


class Bounds:
    """Refuses requests of unbounded size before anything reads them."""

    def __init__(self, app: ASGIApp, body_bytes: int = BODY_BYTES) -> None:
        self._app, self._body_bytes = app, body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        names = {name for name, _ in scope["headers"]}
        if {b"content-length", b"transfer-encoding"} <= names:
            await _refuse(send, scope, 400, "bad-request", "A body has a length or comes in chunks, not both.")
            return
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET_BYTES:
            await _refuse(send, scope, 414, "address-too-long", f"The address is longer than {TARGET_BYTES} bytes.")
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            await _refuse(send, scope, 431, "headers-too-large", f"Headers may have at most {HEADER_BYTES} bytes.")
            return
        try:
            body = await asyncio.wait_for(_body(scope, receive, self._body_bytes), BODY_SECONDS)
        except asyncio.TimeoutError:
            await _refuse(send, scope, 408, "body-too-slow", f"A body must come within {BODY_SECONDS:g} seconds.")
            return
        if body is None:
            await _refuse(send, scope, 413, "body-too-large", f"A body may have at most {self._body_bytes} bytes.")
            return
        await self._app(scope, _replayed(body, receive), send)


async def _body(scope: Scope, receive: Receive, most_bytes: int) -> bytes | None:
    """The whole body; None where it is too large."""
    said = dict(scope["headers"]).get(b"content-length", b"0")
    if not said.isdigit() or int(said) > most_bytes:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most_bytes:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once, then the client's further messages, such as its disconnection."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, scope: Scope, status: int, kind: str, detail: str) -> None:
    """A problem, after which the connection ends: what else is on its way is not read."""
    problem = {"type": f"urn:solera:{kind}", "status": status, "detail": detail, "instance": scope["path"][:200]}
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
