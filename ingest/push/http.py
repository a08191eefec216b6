"""The HTTP server of what is pushed: ``POST /v1/readings``, records of topic ``readings``, and emoncms' input API.

A batch is kept whole or refused whole. What is kept is validated behind Kafka, as everything else: here it must have a
reading's form, and name an installation for which the token speaks. A reading sent twice counts once, by its name
(installation, device, time).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from conf.refusal import Refusal
from energy.topics import TOPICS, Rejected
from ingest.publishing.message import Message, message
from ingest.push import emoncms
from ingest.push.intake import Intake
from ingest.push.rules import Routing
from ingest.push.tokens import Site, Tokens
from store.web import problems
from store.web.body import Body
from store.web.bounds import Bounds

BODY_BYTES = 512 * 1024
"""About 2,000 readings."""
MOST_SAID = 10
"""Faults of a batch that its refusal names."""
READINGS = TOPICS["readings"]
BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "array", "minItems": 1, "items": READINGS.json_schema}}},
}
PROBLEMS = problems.described(
    {
        401: "No site's token",
        403: "An installation for which the token does not speak",
        413: "Body too large",
        422: "No batch of readings",
        429: "Too fast",
        503: "Nothing is taken now",
    }
)

router = APIRouter()
_bearer = HTTPBearer(auto_error=False, description="The token that `solera admit INSTALLATION` prints.")


class BadReadings(Refusal):
    """A body that is no batch of readings; nothing of it is kept."""

    kind = "bad-readings"
    status = 422


class Accepted(BaseModel):
    """The readings of a batch that are on the disk now."""

    accepted: int = Field(description="Readings kept.", examples=[100])


def create_app(intake: Intake, tokens: Tokens, routing: Routing) -> FastAPI:
    """The application, which keeps in ``intake`` what whoever has one of ``tokens`` sends; inputs by ``routing``."""
    # The interactive documentation of FastAPI loads scripts from outside the machine.
    app = FastAPI(title="Solera ingest", version="1", docs_url=None, redoc_url=None)
    app.state.intake, app.state.tokens, app.state.routing = intake, tokens, routing
    problems.install(app)
    app.include_router(router)
    app.include_router(emoncms.router)
    app.add_middleware(Bounds, body_bytes=BODY_BYTES)
    return app


def site_of(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Site:
    """The site whose token the request has. Raises :class:`ingest.push.tokens.UnknownToken`."""
    tokens: Tokens = request.app.state.tokens
    return tokens.site(given.credentials if given else "")


@router.post("/v1/readings", status_code=202, responses=PROBLEMS, openapi_extra={"requestBody": BODY})
def readings(request: Request, site: Annotated[Site, Depends(site_of)], body: Body) -> Accepted:
    """Keep a batch of readings: powers in W, registers in Wh as read, times RFC 3339 with offset. 202 once on disk."""
    intake: Intake = request.app.state.intake
    messages = messages_of(body, site)
    intake.keep(site, messages)
    return Accepted(accepted=len(messages))


def messages_of(body: bytes, site: Site) -> list[Message]:
    """The readings in ``body`` as messages. Raises :class:`BadReadings`, ``ForeignInstallation``."""
    try:
        batch = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReadings(f"The body is no JSON: {str(error)[:200]}") from None
    if not isinstance(batch, list) or not batch:
        raise BadReadings("Send a JSON array of readings, one at least.")
    faults: list[str] = []
    messages: list[Message] = []
    for number, record in enumerate(batch):
        try:
            messages.append(_message(record, site))
        except (Rejected, ValueError, RecursionError) as error:
            faults.append(f"reading {number}: {str(error)[:200]}")
            if len(faults) == MOST_SAID:
                break
    if faults:
        raise BadReadings("; ".join(faults))
    return messages


def _message(record: Any, site: Site) -> Message:
    if not isinstance(record, dict) or not isinstance(record.get("installation_id"), str):
        raise Rejected("an object with an installation_id is asked for")
    made = message("readings", record)
    READINGS.formed(made.value)
    site.check(record["installation_id"])
    return made
