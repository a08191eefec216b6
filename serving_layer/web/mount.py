"""Where the page meets the API: one process, one port."""

from __future__ import annotations

from a2wsgi import WSGIMiddleware
from dash import Dash
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving_layer.access import door

PREFIXES = ("/_dash", "/assets/", "/_favicon")


class Page:
    """Answers the page's paths to whoever has logged in and hands every other to ``app``.

    Each answer of the page carries its safety headers."""

    def __init__(self, app: ASGIApp, page: Dash, token: str) -> None:
        self._app = app
        self._token = token
        self._page = WSGIMiddleware(page.server, workers=4)
        self._headers = [(name.encode(), value.encode()) for name, value in headers(page).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == "/" or path.startswith(PREFIXES)):
            await self._app(scope, receive, send)
            return
        if not door.is_session(HTTPConnection(scope).cookies, self._token):
            answer = RedirectResponse("/login", 303) if path == "/" else Response(status_code=401)
            await answer(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *self._headers]}
            await send(message)

        await self._page(scope, receive, send_safely)  # type: ignore[arg-type]


def headers(page: Dash) -> dict[str, str]:
    """Headers that keep a browser from loading, sending or framing anything of another origin."""
    scripts = " ".join(["'self'", *(f"'{h.strip(chr(39))}'" for h in page.csp_hashes())])
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        # Plotly and the dropdown set styles from script.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
