"""The login by an issuer of OpenID Connect: there with a state, a nonce and a challenge, and back with a code."""

from __future__ import annotations

import logging
from functools import partial
from html import escape

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from conf.refusal import Refusal
from serving_layer.access.limits import Buckets
from serving_layer.access.logins import Logins, UnknownIdentity
from serving_layer.access.oidc.asking import IssuerAway
from serving_layer.access.oidc.begun import LASTS_SECONDS, Beginnings
from serving_layer.access.oidc.id_token import BadIdToken
from serving_layer.access.oidc.issuer import BACK, BEGIN, CodeRefused, Issuer
from serving_layer.web.entrance import login
from serving_layer.web.words import language

COOKIE = "solera_oidc"
ASKED_AT_ONCE = CapacityLimiter(4)
"""Requests that wait for the issuer together."""
LONGEST = 4096
"""Characters of a code."""
# The session's cookie is strict: the browser sends it once it goes on by itself, not while the issuer leads it.
ON = """<!doctype html><html lang="{words.locale}"><meta charset="utf-8"><title>Solera</title>
<meta http-equiv="refresh" content="0; url=/"><p><a href="/">{on}</a></p></html>"""
router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


class LoginOver(Refusal):
    """A browser that comes back from the issuer with no login that it began here, or with one that is over."""

    kind = "login-over"
    status = 401


@router.get(BEGIN)
async def begin(request: Request) -> Response:
    """On to the issuer."""
    return await run_sync(partial(_begin, request, _issuer(request)), limiter=ASKED_AT_ONCE)


@router.get(BACK)
async def back(request: Request) -> Response:
    """Back from it: in, or the form again."""
    issuer = _issuer(request)
    answer = await run_sync(partial(_back, request, issuer), limiter=ASKED_AT_ONCE)
    answer.delete_cookie(COOKIE, BEGIN, httponly=True, samesite="lax", secure=issuer.is_secure)
    return answer


def _issuer(request: Request) -> Issuer:
    issuer: Issuer | None = request.app.state.issuer
    if issuer is None:
        raise HTTPException(404)
    return issuer


def _begin(request: Request, issuer: Issuer) -> Response:
    beginnings: Beginnings = request.app.state.beginnings
    begun = beginnings.begin()
    try:
        sent = RedirectResponse(issuer.authorization(begun), 303, login.HEADERS)
    except IssuerAway as error:
        return _refused(request, issuer, error)
    # Lax: the issuer's answer comes from another site.
    sent.set_cookie(
        COOKIE,
        beginnings.cookie(begun),
        max_age=LASTS_SECONDS,
        path=BEGIN,
        httponly=True,
        samesite="lax",
        secure=issuer.is_secure,
    )
    return sent


def _back(request: Request, issuer: Issuer) -> Response:
    attempts: Buckets = request.app.state.attempts
    address = login.address_of(request)
    if not attempts.take(address):
        return login.form(request, 429)
    try:
        session = _session(request, issuer)
    except (IssuerAway, LoginOver, CodeRefused, BadIdToken, UnknownIdentity) as error:
        return _refused(request, issuer, error)
    attempts.give_back(address)
    words = language.of_request(request)
    answer = HTMLResponse(ON.format(words=words, on=escape(words.pages["go_on"])), 200, login.HEADERS)
    login.keep(answer, session, is_secure=issuer.is_secure)
    return answer


def _session(request: Request, issuer: Issuer) -> str:
    """The session of whoever comes back from the issuer. Raises what :func:`_back` tells them."""
    beginnings: Beginnings = request.app.state.beginnings
    logins: Logins = request.app.state.logins
    given = request.query_params
    begun = beginnings.end(request.cookies.get(COOKIE, ""), given.get("state", ""))
    code = given.get("code", "")
    if begun is None or not issuer.is_its_answer(given.get("iss", "")):
        raise LoginOver("a browser came back from the issuer without a login that it began here")
    if not 0 < len(code) <= LONGEST:
        raise CodeRefused(f"the issuer gave no code: {given.get('error', '')[:100]!r}")
    return logins.log_in_by(issuer.name, issuer.subject(code, begun))


def _refused(request: Request, issuer: Issuer, error: Refusal) -> Response:
    """The form with what went wrong; why, in the log."""
    log.warning("login by %s: %s", issuer.name, error)
    subject = error.subject if isinstance(error, UnknownIdentity) else ""
    said = language.of_request(request).pages[error.kind].format(issuer=issuer.host, subject=subject)
    return login.form(request, error.status, said)
