"""``GET /v1/communities/{id}/proposals``: coefficients for the next agreement, with what each would have done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from serving_layer import instants
from serving_layer.access.door import Asker, Guarded, SeenInstallation, note
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views.money import proposals
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["money"], dependencies=[Guarded, p.Turn])


class ProposedCoefficients(BaseModel):
    """The outcome of a proposal in the hours; EUR before taxes."""

    proposal: str
    self_consumed_kwh: float = Field(description="Used in the community, of what it generated.")
    gain_eur: float
    worst_off_eur: float = Field(description="The gain of the member who gains least.")
    gini: float = Field(description="0 where all gain the same, towards 1 where one gains all.")
    members: dict[str, float] = Field(description="The gain of each member, EUR.")


class Proposals(BaseModel):
    """The proposals of a community, and the hours that they rest on."""

    community_id: str
    hours: int
    is_forecast: bool = Field(description="Whether the hours are those of the newest forecasts.")
    proposals: list[ProposedCoefficients]


@router.get("/communities/{installation_id}/proposals", response_model=Proposals, responses=responses(403, 404, 422))
def of_community(
    reader: p.ReaderOf,
    who: Asker,
    chosen: SeenInstallation,
    month: Annotated[str | None, Query(max_length=7, description="A local month; else the newest forecasts.")] = None,
    form: p.FormatParameter = "json",
) -> Response:
    """Proposals from a month's hours in which all is known, or from the hours of the newest forecasts."""
    found = proposals.proposed(reader, chosen.id, None if month is None else instants.days(month, None, None)[:2])
    members = found.hours.members
    note(reader, who, list(members), "settlement")
    rows = proposals.rows(found)
    if form == "csv":
        return as_csv((*proposals.COLUMNS, *members), rows)
    rows = [
        {name: row[name] for name in proposals.COLUMNS} | {"members": {each: row[each] for each in members}}
        for row in rows
    ]
    return as_json(
        {"community_id": chosen.id, "hours": len(found.starts), "is_forecast": month is None, "proposals": rows}
    )
