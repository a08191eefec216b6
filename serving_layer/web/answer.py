"""A page as an answer: its template filled in the language and theme of the browser, with its safety headers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException

from conf.refusal import Refusal
from serving_layer.access.logins import Logins
from serving_layer.access.person import Person
from serving_layer.api.answers import as_csv
from serving_layer.web.words import language
from store.web.problems import said

HERE = Path(__file__).parent
THEME = "solera_theme"
THEMES = ("light", "dark")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
STATIC = {path.name: path.read_bytes() for path in (HERE / "static").iterdir() if path.suffix in _TYPES}
"""Files that pages load, by name; all of it is small."""
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


LINK, LINK_SECONDS = "solera_link", 600
NOTHING_HERE = "There is no such page."
BROKEN = "Something went wrong here; the log of the API has the details."
log = logging.getLogger(__name__)


class Stranger(Refusal):
    """A browser that has not logged in."""

    kind = "no-session"
    status = 401


@cache
def static(name: str) -> str:
    """The address of a file that pages load; another content has another address."""
    return f"/static/{name}?{sha256(STATIC[name]).hexdigest()[:12]}"


_templates.globals["static"] = static


def page(request: Request, template: str, content: Mapping[str, Any], status: int = 200) -> Response:
    """``template`` filled with ``content``."""
    words = language.of_request(request)
    theme = request.cookies.get(THEME, "")
    frame = {
        "words": words,
        "say": words.pages,
        "theme": theme if theme in THEMES else "",
        "languages": language.LANGUAGES,
        "path": request.url.path,
        "sees_all": getattr(request.state, "sees_all", False),
    }
    return HTMLResponse(_templates.get_template(template).render(frame | dict(content)), status, HEADERS)


def small(content: Any) -> Response:
    """A few values as JSON, for the script of a page."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Response(text, 200, HEADERS, "application/json")


def download(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """``rows`` as CSV, which a browser keeps as the file ``name``."""
    sent = as_csv(columns, rows)
    sent.headers["content-disposition"] = f'attachment; filename="{name}"'
    return sent


def visitor(request: Request) -> Person:
    """The person who has logged in. Raises :class:`Stranger`."""
    logins: Logins = request.app.state.logins
    person = logins.visitor(request.cookies)
    if person is None:
        raise Stranger("Log in first.")
    request.state.sees_all = person.sees_all
    return person


Visitor = Annotated[Person, Depends(visitor)]
Named = Annotated[str, Query(alias="id", max_length=200)]
"""The id of the installation that a page is about."""


class _PageRoute(APIRoute):
    """Answers a refusal as a page, and sends whoever has not logged in to where they can."""

    known: ClassVar[set[str]] = set()
    """The paths of all pages."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        self.known.add(self.path)
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Stranger:
                return _to_login(request)
            except RequestValidationError as error:
                return _refused(request, said(error), 422)
            except Refusal as error:
                return _refused(request, str(error), error.status)
            except Exception:
                log.exception("%s", request.url.path)
                return _refused(request, BROKEN, 500)

        return answered


def _to_login(request: Request) -> Response:
    """The login; where a person was on their way to a page, it leads on to that."""
    sent = RedirectResponse("/login", 303)
    if request.url.path != "/" and "text/html" in request.headers.get("accept", ""):
        link = quote(f"{request.url.path}?{request.url.query}", safe="")
        sent.set_cookie(LINK, link, max_age=LINK_SECONDS, httponly=True, samesite="strict")
    return sent


def link_of(request: Request) -> str:
    """The page to which a person was on their way before they logged in; empty where there is none."""
    link = unquote(request.cookies.get(LINK, ""))
    path, _, _ = link.partition("?")
    return link if path in _PageRoute.known else ""


def _refused(request: Request, text: str, status: int) -> Response:
    return page(request, "refused.html", {"title": language.of_request(request).sentence(text)}, status)


def install(app: FastAPI) -> None:
    """Let a person who asks ``app`` for a page that is not there be answered by one."""
    problem: Any = app.exception_handlers[HTTPException]

    @app.exception_handler(404)
    async def nothing(request: Request, error: HTTPException) -> Response:
        is_page = request.method == "GET" and not request.url.path.startswith("/v1/")
        if is_page and "text/html" in request.headers.get("accept", ""):
            return _refused(request, NOTHING_HERE, 404)
        answered: Response = await run_in_threadpool(problem, request, error)
        return answered


def router() -> APIRouter:
    """The router on which the paths of a page are hung."""
    return APIRouter(include_in_schema=False, route_class=_PageRoute)


files = APIRouter(include_in_schema=False)


@files.api_route("/static/{name}", methods=["GET", "HEAD"])
def static_file(name: str) -> Response:
    """A file that pages load; a browser asks once."""
    if name not in STATIC:
        return Response(status_code=404)
    kept = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(STATIC[name], 200, kept, _TYPES[Path(name).suffix])
