"""``GET /v1/installations/{id}/forecast``, ``/skill`` and ``/errors``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from energy.records import QUANTITIES
from serving_layer.access.door import Guarded, SeenTotals
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.api.energy import UTC
from serving_layer.views import forecast, merged
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["forecast"], dependencies=[Guarded, p.Turn])
COLUMNS = ("issued_at", "time", "p10_wh", "p50_wh", "p90_wh", "step", "model", "run_id")
SKILL_COLUMNS = (
    "quantity", "run_id", "days", "hours", "basis", "mae_wh", "mae_yesterday_wh", "mae_last_week_wh", "rmse_wh",
    "coverage_p10", "coverage_p50", "coverage_p90", "pinball_wh", "beats_naive", "published_model",
)  # fmt: skip
ERROR_COLUMNS = (
    "quantity", "slice_by", "slice", "hours", "mae_wh", "mae_yesterday_wh", "mae_last_week_wh", "rmse_wh", "bias_wh",
    "run_id",
)  # fmt: skip


class Hour(BaseModel):
    """Energy of the hour that begins at ``time`` (UTC): median and the band that holds 8 of 10 outcomes."""

    time: datetime
    p10_wh: float
    p50_wh: float
    p90_wh: float
    model: str
    step: str
    run_id: str


class Forecast(BaseModel):
    """The newest issue of a forecast."""

    installation_id: str
    quantity: str
    unit: str = "Wh"
    issued_at: datetime = Field(description="Nothing that became known later went into it, UTC.")
    model: str
    step: str = Field(description="The rung of the ladder it rests on.")
    values: list[Hour]


class SkillRow(BaseModel):
    """Errors of the day-ahead forecasts of the last days beside the naive forecasts', in Wh."""

    model_config = ConfigDict(extra="allow")
    quantity: str
    run_id: str
    mae_wh: float | None
    mae_yesterday_wh: float | None = Field(description="Of the forecast 'same hour yesterday'.")
    mae_last_week_wh: float | None = Field(description="Of the forecast 'same hour last week'.")
    beats_naive: bool | None
    published_model: str | None


class Skill(BaseModel):
    """The skill of an installation's forecasts."""

    installation_id: str
    skill: list[SkillRow]


class ErrorRow(BaseModel):
    """Errors of one slice of the day-ahead forecasts beside the naive forecasts', in Wh."""

    model_config = ConfigDict(extra="allow")
    quantity: str
    slice: str = Field(description="Hours ahead, 00 to 23, or the UTC month, as 2026-10.")
    hours: int
    mae_wh: float | None
    mae_yesterday_wh: float | None
    mae_last_week_wh: float | None
    bias_wh: float | None = Field(description="Forecast minus outcome.")


class Errors(BaseModel):
    """The spread of the errors of an installation's forecasts."""

    installation_id: str
    errors: list[ErrorRow]


SliceBy = Annotated[Literal["horizon", "month"], Query(alias="by", description="By hours ahead, or by month.")]
Before = Annotated[
    str | None, Query(max_length=40, description="The newest issue before this instant; without it, the newest.")
]


@router.get("/installations/{installation_id}/forecast", response_model=Forecast, responses=responses(403, 404, 422))
def newest_forecast(
    reader: p.ReaderOf,
    chosen: SeenTotals,
    quantity: p.QuantityParameter,
    issued_before: Before = None,
    form: p.FormatParameter = "json",
) -> Response:
    """The newest published forecast, hour by hour."""
    before = None if issued_before is None else p.instant_of("issued_before", issued_before, UTC)
    issue = forecast.newest(reader, chosen.id, quantity, merged.seen(reader), before)
    values = [hour._asdict() for hour in issue.values]
    if form == "csv":
        return as_csv(COLUMNS, [{"issued_at": issue.issued_at} | value for value in values])
    return as_json(
        {
            "installation_id": chosen.id,
            "quantity": quantity,
            "unit": "Wh",
            "issued_at": issue.issued_at,
            "model": issue.model,
            "step": issue.step,
            "values": values,
        }
    )


@router.get("/installations/{installation_id}/skill", response_model=Skill, responses=responses(403, 404, 422))
def skill(reader: p.ReaderOf, chosen: SeenTotals, form: p.FormatParameter = "json") -> Response:
    """The forecasts' errors beside the naive ones', as the newest run published them."""
    rows = forecast.skill(reader, chosen.id, QUANTITIES, merged.seen(reader))
    if form == "csv":
        return as_csv(SKILL_COLUMNS, rows)
    return as_json({"installation_id": chosen.id, "skill": rows})


@router.get("/installations/{installation_id}/errors", response_model=Errors, responses=responses(403, 404, 422))
def errors(
    reader: p.ReaderOf,
    chosen: SeenTotals,
    slice_by: SliceBy = "horizon",
    form: p.FormatParameter = "json",
) -> Response:
    """The forecasts' errors by hours ahead or by month, beside the naive ones'."""
    rows = forecast.errors(reader, chosen.id, QUANTITIES, merged.seen(reader), slice_by)
    if form == "csv":
        return as_csv(ERROR_COLUMNS, rows)
    return as_json({"installation_id": chosen.id, "errors": rows})
