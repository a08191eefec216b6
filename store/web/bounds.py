"""Bounds of a request: its body, its address, and the number of a kind that are answered at once."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024
"""The page's calls have a few hundred bytes."""
BODY_SECONDS = 30.0
"""Longest time for a body to come."""
LINGER_SECONDS = 5.0
"""Longest time for the rest of a refused request to come (RFC 9112, 9.6)."""
TARGET_BYTES = 8 * 1024
"""Longest path and query together."""
HEADER_BYTES = 16 * 1024


class _Request:
    """The request of a client, and whether all of it has come."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.path, self._receive, self._ended = scope["path"], receive, False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._ended = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def drop(self) -> None:
        """Read to the end."""
        while not self._ended:
            await self()


class Bounds:
    """Refuses requests of unbounded size before anything reads them."""

    def __init__(self, app: ASGIApp, body_bytes: int = BODY_BYTES) -> None:
        self._app, self._body_bytes = app, body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive)
        names = {name for name, _ in scope["headers"]}
        if {b"content-length", b"transfer-encoding"} <= names:
            await _refuse(send, request, 400, "bad-request", "A body has a length or comes in chunks, not both.")
            return
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET_BYTES:
            await _refuse(send, request, 414, "address-too-long", f"The address is longer than {TARGET_BYTES} bytes.")
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            await _refuse(send, request, 431, "headers-too-large", f"Headers may have at most {HEADER_BYTES} bytes.")
            return
        try:
            body = await asyncio.wait_for(_body(scope, request, self._body_bytes), BODY_SECONDS)
        except asyncio.TimeoutError:
            await _refuse(send, request, 408, "body-too-slow", f"A body must come within {BODY_SECONDS:g} seconds.")
            return
        if body is None:
            await _refuse(send, request, 413, "body-too-large", f"A body may have at most {self._body_bytes} bytes.")
            return
        await self._app(scope, _replayed(body, request), send)


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


async def _refuse(send: Send, request: _Request, status: int, kind: str, detail: str) -> None:
    """A problem, after which the connection ends.

    The rest of the request is read and dropped first: a connection that is closed with bytes unread is reset, and the
    client then loses the answer.
    """
    problem = {"type": f"urn:solera:{kind}", "status": status, "detail": detail, "instance": request.path[:200]}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(request.drop(), LINGER_SECONDS)
    await send({"type": "http.response.body", "body": b""})
