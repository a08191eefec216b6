"""The page's login: the token, by a form or by the link that `solera up` prints, becomes a cookie."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving_layer.access.door import SESSION, is_token, session_of
from serving_layer.web.words import language

router = APIRouter(include_in_schema=False)
FORM = """<!doctype html><html lang="{words.locale}"><meta charset="utf-8"><title>Solera</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<form method="post" action="/login"><h1>Solera</h1><p>{said}</p>
<label>{words.token} <input type="password" name="token" autofocus autocomplete="current-password"></label>
<button>{words.log_in}</button></form></html>"""


@router.get("/login")
def ask(request: Request, token: str = "") -> Response:
    """The form; with the token of the link straight to the page."""
    return _enter(request, token) if token else _form(request, 200)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The page, or the form again."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    return _enter(request, form.get("token", [""])[0])


def _enter(request: Request, token: str) -> Response:
    if not is_token(token, request.app.state.token):
        return _form(request, 401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(SESSION, session_of(request.app.state.token), httponly=True, samesite="strict")
    return answer


def _form(request: Request, status: int) -> Response:
    words = language.of_request(request)
    said = words.token_place if status == 200 else f"{words.not_the_token} {words.token_place}"
    headers = {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(FORM.format(said=said, words=words), status, headers)
