"""The page's login: a name and its password, a token, or the link that `solera up` prints become a cookie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import parse_qs

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from serving_layer.access.limits import Buckets
from serving_layer.access.logins import Logins, NoToken
from serving_layer.access.oidc.issuer import BEGIN, Issuer
from serving_layer.access.sessions import COOKIE, LASTS_SECONDS
from serving_layer.web.words import language

PER_MINUTE, AT_ONCE = 6, 10
"""Wrong tokens and passwords of one address, and passwords of one name; more are not looked at."""
PASSWORDS = CapacityLimiter(2)
"""Passwords verified at once: each takes 64 MiB and a core for a quarter of a second."""
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
router = APIRouter(include_in_schema=False)
FORM = """<!doctype html><html lang="{words.locale}"><meta charset="utf-8"><title>Solera</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Solera</h1><p role="alert">{wrong}</p>{issuer}
<form method="post" action="/login">
<p><label>{words.name_asked}
<input name="name" autofocus required autocomplete="username" autocapitalize="none"></label></p>
<p><label>{words.password} <input type="password" name="password" required autocomplete="current-password"></label></p>
<p><button>{words.log_in}</button></p></form>
<form method="post" action="/login"><p>{words.token_place}</p>
<p><label>{words.token} <input type="password" name="token" required autocomplete="off"></label></p>
<p><button>{words.by_token}</button></p></form></main></html>"""


@router.get("/login")
def ask(request: Request, token: str = "") -> Response:
    """The form; with the token of the link straight to the page."""
    if not token:
        return form(request, 200)
    return _enter(request, [address_of(request)], lambda logins: logins.log_in(token))


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The page, or the form again."""
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    name, password, token = (given.get(field, [""])[0] for field in ("name", "password", "token"))
    if token:
        return _enter(request, [address_of(request)], lambda logins: logins.log_in(token))
    keys = [address_of(request), f"name {name[:100]}"]

    def enter() -> Response:
        return _enter(request, keys, lambda logins: logins.log_in_as(name, password))

    return await run_sync(enter, limiter=PASSWORDS)


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session; the form is next."""
    logins: Logins = request.app.state.logins
    logins.log_out(request.cookies)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def address_of(request: Request) -> str:
    """The address by which the wrong attempts of somebody are counted."""
    return request.client.host if request.client else ""


def _enter(request: Request, keys: Sequence[str], begun: Callable[[Logins], str]) -> Response:
    """The answer to a login that ``begun`` lets in, where neither of the ``keys`` has failed too often."""
    attempts: Buckets = request.app.state.attempts
    # Counted before it is looked at: many at once are as many attempts.
    if not all(attempts.take(key) for key in keys):
        return form(request, 429)
    try:
        session = begun(request.app.state.logins)
    except NoToken:
        return form(request, 401)
    for key in keys:
        attempts.give_back(key)
    answer = RedirectResponse("/", 303)
    keep(answer, session, is_secure=request.url.scheme == "https")
    return answer


def keep(answer: Response, session: str, *, is_secure: bool) -> None:
    """Let the browser that is given ``answer`` keep ``session``."""
    answer.set_cookie(COOKIE, session, max_age=LASTS_SECONDS, httponly=True, samesite="strict", secure=is_secure)


def form(request: Request, status: int, wrong: str = "") -> Response:
    """The form, and what went ``wrong`` before."""
    words = language.of_request(request)
    said = wrong or {401: words.not_let_in, 429: words.too_often}.get(status, "")
    issuer: Issuer | None = request.app.state.issuer
    way = ""
    if issuer is not None:
        name = words.pages["by_issuer"].format(issuer=issuer.host)
        way = f'<p><a href="{escape(issuer.pages + BEGIN)}">{escape(name)}</a></p>'
    waits = {"retry-after": str(60 // PER_MINUTE)} if status == 429 else {}
    return HTMLResponse(FORM.format(wrong=escape(said), words=words, issuer=way), status, HEADERS | waits)
