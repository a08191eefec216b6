"""Entity tags (RFC 9110): an answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Etags:
    """Gives each whole answer of ``app`` under ``prefix`` its tag, and answers 304 to whoever names that tag.

    A stream is passed on as it comes. No cache but the client's own may keep an answer, and it asks each time.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        begun: Message | None = None

        async def send_tagged(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and message["status"] == 200:
                begun = message
                return
            if begun is not None:
                is_whole = not message.get("more_body", False)
                start, begun = begun, None
                if is_whole and _is_known(start, message["body"], known):
                    start, message = _not_modified(start), {**message, "body": b""}
                await send(start)
            await send(message)

        await self._app(scope, receive, send_tagged)


def _is_known(start: Message, body: bytes, known: str) -> bool:
    """Tag the answer; whether ``known``, the header If-None-Match, names that tag."""
    # Weak, for the same answer is also sent compressed.
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = MutableHeaders(raw=start["headers"])
    headers["etag"], headers["cache-control"] = tag, "private, no-cache"
    headers.add_vary_header("authorization")
    start["headers"] = headers.raw
    return tag in (each.strip() for each in known.split(",")) or known.strip() == "*"


def _not_modified(start: Message) -> Message:
    kept = (b"etag", b"cache-control", b"vary", b"link")
    return {**start, "status": 304, "headers": [(name, value) for name, value in start["headers"] if name in kept]}
