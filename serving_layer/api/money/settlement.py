"""``GET /v1/installations/{id}/settlement`` and ``/v1/communities/{id}/settlement``: shares as they are settled."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from serving_layer import instants
from serving_layer.access.door import Asker, Guarded, SeenInstallation, note
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views import merged
from serving_layer.views.money import cases, compared, settlement
from serving_layer.views.money.community import of_community
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["money"], dependencies=[Guarded, p.Turn])
Month = Annotated[str, Query(max_length=7, description="A local month, `2026-03`.", examples=["2026-03"])]


class SettlementChange(BaseModel):
    """A change by a later run of a month that was settled before."""

    run_id: str
    why: str = Field(description="use, generation, agreement, or contract, prices or rules.")
    changed_hours: int = Field(description="Hours that had another value before.")
    before_eur: float | None
    after_eur: float | None


class SettledCase(BaseModel):
    """The debt and the saving in one outcome of what is not known; there is one where nothing is open."""

    condition: str | None
    total_eur: float
    saving_eur: float | None


class SettledMonth(BaseModel):
    """A member's local month: energy of the hours that are known, euros where all are."""

    model_config = ConfigDict(extra="allow")
    installation_id: str
    month: date
    community_id: str
    run_id: str
    hours: int
    known_hours: int
    assigned_wh: float
    self_consumed_wh: float
    surplus_wh: float
    grid_wh: float
    total_eur: float | None
    saving_eur: float | None
    estimated_hours: int | None = Field(
        description="Hours whose generation or use was not measured throughout; null: settled before this was noted."
    )
    estimated_assigned_wh: float | None = Field(description="What was assigned by generation not measured throughout.")
    estimated_grid_wh: float | None = Field(
        description="What came from the grid in those hours, as far as the use is known."
    )
    cases: list[SettledCase] = Field(description="Both by what the taxes depend on; empty where there are no euros.")
    note: str | None = Field(description="Why there are no euros, or more than one case.")
    changes: list[SettlementChange]


class SharesCompared(BaseModel):
    """A member's share as its distributor states it, beside ours under one rule of counting hours."""

    member: str
    what: str = Field(description="assigned or self-consumed.")
    rule: str
    hours: int
    differing: int = Field(description="Hours that are more than a Wh apart.")
    official_kwh: float
    ours_kwh: float
    implied_beta: float | None = Field(description="The mean coefficient that the stated hours imply.")


class CommunityCompared(BaseModel):
    """Statements of distributors about the members' shares, beside ours."""

    community_id: str
    shares: list[SharesCompared]
    note: str = Field(description="Which rule of counting hours fits.")


class SettledHour(BaseModel):
    """An hour of a member; null: not known."""

    start: datetime
    assigned_wh: float | None
    self_consumed_wh: float | None
    surplus_wh: float | None
    grid_wh: float | None
    estimated: str | None = Field(
        description="What was not measured throughout: `generation`, `use`, both; empty where nothing is."
    )
    run_id: str


class MemberSettlement(BaseModel):
    """The settled months of a member, the newest first."""

    installation_id: str
    months: list[SettledMonth]
    hours: list[SettledHour] | None = Field(description="Those of the month that was asked for.")


class CommunitySettlement(BaseModel):
    """A settled month of every member, and the sums."""

    community_id: str
    month: date
    members: list[SettledMonth]
    total: dict[str, Any]


@router.get(
    "/installations/{installation_id}/settlement", response_model=MemberSettlement, responses=responses(403, 404, 422)
)
def of_member(
    reader: p.ReaderOf, chosen: SeenInstallation, month: Month | None = None, form: p.FormatParameter = "json"
) -> Response:
    """A member's share as it is settled: all months, or with `month` that one and its hours."""
    visible = merged.seen(reader)
    first = None if month is None else instants.days(month, None, None)[0]
    rows = settlement.months(reader, chosen.id, visible)
    if first is None:
        answer = {"installation_id": chosen.id, "months": rows, "hours": None}
        return as_csv(settlement.MONTH_COLUMNS, cases.printed(rows)) if form == "csv" else as_json(answer)
    hours = settlement.hours(reader, chosen.id, first, visible)
    if form == "csv":
        return as_csv(settlement.HOUR_COLUMNS, hours)
    own = [row for row in rows if row["month"] == first]
    return as_json({"installation_id": chosen.id, "months": own, "hours": hours})


@router.get(
    "/communities/{installation_id}/settlement", response_model=CommunitySettlement, responses=responses(403, 404, 422)
)
def of_all_members(
    reader: p.ReaderOf, who: Asker, chosen: SeenInstallation, month: Month, form: p.FormatParameter = "json"
) -> Response:
    """The settled month of every member of a community, and what they come to together."""
    of_community(reader, chosen.id)
    first = instants.days(month, None, None)[0]
    rows = settlement.of_members(reader, chosen.id, first, merged.seen(reader))
    note(reader, who, [row["installation_id"] for row in rows], "settlement")
    together = settlement.total(rows)
    if form == "csv":
        return as_csv(settlement.MONTH_COLUMNS, cases.printed([*rows, together]))
    return as_json({"community_id": chosen.id, "month": first, "members": rows, "total": together})


@router.get(
    "/communities/{installation_id}/stated-shares", response_model=CommunityCompared, responses=responses(403, 404, 422)
)
def stated_shares(
    reader: p.ReaderOf, who: Asker, chosen: SeenInstallation, month: Month, form: p.FormatParameter = "json"
) -> Response:
    """The members' shares of a month as Datadis states them beside ours, by the agreement that is kept."""
    of_community(reader, chosen.id)
    rows, said = compared.compare_kept(reader, chosen.id, instants.days(month, None, None)[:2])
    note(reader, who, sorted({row["member"] for row in rows}), "settlement")
    if form == "csv":
        return as_csv(compared.COLUMNS, rows)
    return as_json({"community_id": chosen.id, "shares": rows, "note": said})
