"""``GET /v1/alarms``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from serving_layer.access.door import AmongSeen, Guarded
from serving_layer.api import parameters as p
from serving_layer.views import alarms
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["alarms"], dependencies=[Guarded, p.Turn])
COLUMNS = ("installation_id", "device_id", "kind", "text", "raised_at", "cleared_at")
LONGEST_DAYS = 400


class Alarm(BaseModel):
    """Something to look at."""

    installation_id: str
    device_id: str = Field(description="Empty where it is about the installation as a whole.")
    kind: str
    text: str | None
    raised_at: datetime
    cleared_at: datetime | None = Field(description="Null: it still stands.")


class Alarms(BaseModel):
    """Alarms: those that stand, of any age, then those that are cleared, each newest first."""

    alarms: list[Alarm]


def days_asked(
    day: p.LastDay = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS, description="So many days up to it.")] = 7,
) -> p.Days:
    """The days of a request."""
    return p.Days(day, days)


DaysAsked = Annotated[p.Days, Depends(days_asked)]


@router.get("/alarms", response_model=Alarms, responses=responses(403, 404, 422))
def raised(
    reader: p.ReaderOf,
    among: AmongSeen,
    asked: DaysAsked,
    page: p.PageAsked,
    standing: Annotated[bool, Query(description="Only those that are not cleared.")] = False,
) -> Response:
    """The alarms that stand, and those raised in the last days and cleared since."""
    shown = alarms.alarms(reader, *asked.span, among.ids)
    return page.answer(COLUMNS, "alarms", [each for each in shown if not (standing and each["cleared_at"])])
