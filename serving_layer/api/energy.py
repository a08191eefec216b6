"""``GET /v1/installations/{id}/energy``: the merged view."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from serving_layer.access.door import Guarded, SeenTotals
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views import merged
from serving_layer.views.merge import Value
from serving_layer.views.totals import totals
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["energy"], dependencies=[Guarded, p.Turn])
UTC = ZoneInfo("UTC")


class EnergyValue(BaseModel):
    """Energy of one period and what it rests on."""

    start: datetime = Field(description="Beginning of the period, UTC.")
    local_start: datetime | None = Field(None, description="The same instant in `tz`, where that is not UTC.")
    energy_wh: float
    view: str = Field(description="`batch` (published by a night's run) or `speed` (provisional).")
    run_id: str = Field(description="The run that published it; empty in the speed view.")
    completeness: float | None = Field(description="Share of the period's time that is covered, 0 to 1.")
    method: str | None = Field(description="measured, integrated, estimated, …; mixed in a sum of several.")
    lower_wh: float | None = Field(description="Least it can be, where it could not be recovered exactly.")
    upper_wh: float | None = Field(description="Most it can be.")
    cause: str = Field(description="Why it could not be recovered exactly; empty where it could.")


class Energy(BaseModel):
    """The merged view of one quantity: batch up to the cut, speed from it on."""

    installation_id: str
    quantity: str
    unit: str = "Wh"
    resolution: str
    tz: str
    cut: datetime | None = Field(description="Up to here the batch view speaks; null while no run is published.")
    as_of: datetime | None = Field(description="The answer is what was published then; null: now.")
    values: list[EnergyValue]


AsOf = Annotated[
    str | None,
    Query(max_length=40, description="Answer what was published at this instant: batch values alone."),
]


@router.get("/installations/{installation_id}/energy", response_model=Energy, responses=responses(403, 404, 422))
def energy(
    reader: p.ReaderOf,
    chosen: SeenTotals,
    quantity: p.QuantityParameter,
    asked: p.RangeAsked,
    resolution: Annotated[p.Resolution, Query(description="Length of the periods.")] = "15m",
    as_of: AsOf = None,
    form: p.FormatParameter = "json",
) -> Response:
    """Energy in Wh of every period that has any, by start.

    Sums cover exactly the quarter-hours that begin in [from, to): a day cut by the range is the sum of its part inside,
    and its completeness says so.
    """
    zone = asked.zone
    span = asked.span(p.LONGEST[resolution])
    then = None if as_of is None else p.instant_of("as_of", as_of, zone)
    visible = merged.seen(reader, then)
    quarters = merged.read(reader, chosen.id, quantity, span, visible)
    values = [_plain(value, zone) for value in totals(quarters, resolution, zone)]
    if form == "csv":
        return as_csv(["start", *(["local_start"] if zone != UTC else []), *Value._fields[1:]], values)
    return as_json(
        {
            "installation_id": chosen.id,
            "quantity": quantity,
            "unit": "Wh",
            "resolution": resolution,
            "tz": asked.tz,
            "cut": visible.cut,
            "as_of": then,
            "values": values,
        }
    )


def _plain(value: Value, zone: ZoneInfo) -> dict[str, Any]:
    if zone == UTC:
        return value._asdict()
    return {"start": value.start, "local_start": value.start.astimezone(zone)} | value._asdict()
