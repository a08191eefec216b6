"""``GET /v1/installations/{id}/access``: who read the data of an installation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from serving_layer.access import access_log
from serving_layer.access.door import Guarded, SeenInstallation
from serving_layer.api import parameters as p
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["access"], dependencies=[Guarded, p.Turn])
LONGEST_DAYS = 800
"""Days for which the log is kept."""


class Access(BaseModel):
    """Somebody was given an answer; the same one asked again within an hour is the same row."""

    at: datetime = Field(description="UTC.")
    who: str = Field(description="A name of `solera access`; `token` and `page`: the owner; `sql` and a name: SQL.")
    what: str = Field(description="The question, such as `energy`.")
    of_all: bool = Field(description="Whether it was about all installations together.")


class AccessLog(BaseModel):
    """Reads of an installation's data and by whom, the newest first."""

    installation_id: str
    access: list[Access]


def days_asked(
    day: p.LastDay = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS, description="So many days up to it.")] = 30,
) -> p.Days:
    """The days of a request."""
    return p.Days(day, days)


@router.get("/installations/{installation_id}/access", response_model=AccessLog, responses=responses(403, 404, 422))
def access(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    asked: Annotated[p.Days, Depends(days_asked)],
    page: p.PageAsked,
) -> Response:
    """Reads of an installation's data by REST, the page and SQL, and by whom, the newest first."""
    found = access_log.read(reader, chosen.id, asked.span)
    return page.answer(access_log.COLUMNS, "access", found, installation_id=chosen.id)
