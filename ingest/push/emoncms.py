"""emoncms' input API, for the clients that there are: ``/input/post`` and ``/input/bulk``, answered as they wait for.

What can't be read is told with status 200, as emoncms does, and the client gives it up; what can't be kept now has an
HTTP status, and the client sends it again.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from ingest.publishing.message import message
from ingest.push.emoncms_forms import FormatError, Params, bulk, posted
from ingest.push.intake import Intake
from ingest.push.rules import Routing, Sample
from ingest.push.tokens import Site, Tokens
from store.web.body import Body

MOST_PARAMETERS = 100

router = APIRouter(include_in_schema=False)


def params_of(request: Request, body: Body) -> Params:
    """Query and form together; of one name the query's value."""
    form = [] if "cb" in request.query_params else _form(body)
    return {**dict(form), **request.query_params}


def site_of(request: Request, params: Annotated[Params, Depends(params_of)]) -> Site:
    """The site whose key comes as ``apikey`` or as bearer. Raises :class:`ingest.push.tokens.UnknownToken`."""
    tokens: Tokens = request.app.state.tokens
    return tokens.site(params.get("apikey") or request.headers.get("Authorization", "").removeprefix("Bearer "))


Parameters = Annotated[Params, Depends(params_of)]
Key = Annotated[Site, Depends(site_of)]


@router.api_route("/input/post", methods=["GET", "POST"])
@router.api_route("/input/post.json", methods=["GET", "POST"])
@router.api_route("/input/post/{node}", methods=["GET", "POST"])
def post(request: Request, params: Parameters, site: Key, node: str = "") -> Response:
    """One node's inputs."""
    try:
        samples = [posted(params, node.removesuffix(".json"), datetime.now(timezone.utc))]
    except FormatError as error:
        return _refused(error)
    return _kept(request, site, params, samples)


@router.api_route("/input/bulk", methods=["GET", "POST"])
@router.api_route("/input/bulk.json", methods=["GET", "POST"])
def many(request: Request, params: Parameters, site: Key, body: Body) -> Response:
    """Many nodes' inputs, each at its time."""
    try:
        samples = bulk(params, body, datetime.now(timezone.utc))
    except FormatError as error:
        return _refused(error)
    return _kept(request, site, params, samples)


def _kept(request: Request, site: Site, params: Params, samples: list[Sample]) -> Response:
    routing: Routing = request.app.state.routing
    intake: Intake = request.app.state.intake
    readings = routing.readings(samples, site.installations)
    if readings:
        intake.keep(site, [message("readings", reading) for reading in readings])
    return PlainTextResponse('{"success": true}' if "fulljson" in params else "ok")


def _refused(error: FormatError) -> Response:
    return PlainTextResponse(json.dumps({"success": False, "message": str(error)}))


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:  # neither text nor a form
        return []
