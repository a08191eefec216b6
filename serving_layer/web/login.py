"""The page's login: the token, by a form or by the link that `solera up` prints, becomes a cookie."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving_layer.access.limits import Buckets
from serving_layer.access.logins import Logins, WrongToken
from serving_layer.access.sessions import COOKIE, LASTS_SECONDS
from serving_layer.web.words import language

PER_MINUTE, AT_ONCE = 6, 10
"""Wrong tokens of one address; more are not looked at."""
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


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session; the form is next."""
    logins: Logins = request.app.state.logins
    logins.log_out(request.cookies)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _enter(request: Request, token: str) -> Response:
    logins: Logins = request.app.state.logins
    attempts: Buckets = request.app.state.attempts
    address = request.client.host if request.client else ""
    if not attempts.is_open(address):
        return _form(request, 429)
    try:
        session = logins.log_in(token)
    except WrongToken:
        attempts.take(address)
        return _form(request, 401)
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, session, max_age=LASTS_SECONDS, httponly=True, samesite="strict", secure=secure)
    return answer


def _form(request: Request, status: int) -> Response:
    words = language.of_request(request)
    wrong = {200: "", 401: words.not_the_token, 429: words.too_often}[status]
    said = f"{wrong} {words.token_place}"
    headers = {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    if status == 429:
        headers["retry-after"] = str(60 // PER_MINUTE)
    return HTMLResponse(FORM.format(said=said, words=words), status, headers)
