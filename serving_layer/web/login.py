"""The page's login: the token, by a form or by the link that `solera up` prints, becomes a cookie."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving_layer.access.door import SESSION, is_token, session_of

router = APIRouter(include_in_schema=False)
FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Solera</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<form method="post" action="/login"><h1>Solera</h1><p>{said}</p>
<label>Token <input type="password" name="token" autofocus autocomplete="current-password"></label>
<button>Log in</button></form></html>"""
ASK = "The token stands in the file <code>token</code> of Solera's home folder."


@router.get("/login")
def ask(request: Request, token: str = "") -> Response:
    """The form; with the token of the link straight to the page."""
    return _enter(request, token) if token else _form(200, ASK)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The page, or the form again."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    return _enter(request, form.get("token", [""])[0])


def _enter(request: Request, token: str) -> Response:
    if not is_token(token, request.app.state.token):
        return _form(401, f"That is not the token. {ASK}")
    answer = RedirectResponse("/", 303)
    answer.set_cookie(SESSION, session_of(request.app.state.token), httponly=True, samesite="strict")
    return answer


def _form(status: int, said: str) -> Response:
    headers = {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(FORM.format(said=said), status, headers)
