"""``GET /v1/installations/{id}/bills``: what a supply owes, line by line; ``POST``: why an official bill differs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from serving_layer import instants
from serving_layer.access.door import Guarded, SeenInstallation
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views.money.official import CAUSE_COLUMNS, Difference, difference, parse
from serving_layer.views.money.rows import LINE_COLUMNS, fields, line_rows
from serving_layer.views.money.settlement import maker
from serving_layer.views.money.stated_hours import stated_bill
from store.web.body import Body
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["money"], dependencies=[Guarded, p.Turn])
MONTH = Query(max_length=7, description="A local month, `2026-03`.", examples=["2026-03"])
DAY = Query(max_length=10, description="A local day, `2026-03-29`.")


class BillLine(BaseModel):
    """One line; amounts half up to the cent."""

    model_config = ConfigDict(extra="allow")
    kind: str
    period: str
    quantity: float | None
    unit: str
    price: float | None
    price_unit: str
    eur: float
    estimated_kwh: float | None = Field(description="How much of the quantity was not measured throughout.")
    basis: list[dict[str, Any]] = Field(description="Each `text` that sets its price, or `contract`, and its `since`.")


class BillCase(BaseModel):
    """Taxes and total of one outcome of what is not known; there is one where nothing is open."""

    condition: str | None
    taxes: list[BillLine]
    total_eur: float
    exact_total_eur: float = Field(description="Not rounded before the end.")


class InstallationBill(BaseModel):
    """A bill before and after taxes."""

    model_config = ConfigDict(extra="allow")
    installation_id: str
    due: date = Field(description="The taxes of this day hold.")
    complete: bool = Field(description="Whether every hour has its values; hours without are in no line.")
    grid_kwh: float
    surplus_kwh: float
    lines: list[BillLine]
    cases: list[BillCase]
    total_eur: float | None = Field(description="Null where it is incomplete, or depends on what is not known.")
    so_far_eur: float = Field(description="What the lines come to as they are.")
    saving_eur: float | None = Field(description="The bill without generation and sharing, less this one.")
    rounding: str
    conventions: dict[str, Any]


class DifferenceCause(BaseModel):
    """One amount, EUR."""

    cause: str
    eur: float


class BillDifference(BaseModel):
    """`causes` lead from our total to the official one, adding up exactly."""

    model_config = ConfigDict(extra="allow")
    installation_id: str
    causes: list[DifferenceCause]
    note: str


class DaysAsked(NamedTuple):
    """The days of a bill, and that on which it falls due."""

    first: date
    until: date
    due: date | None


def days_asked(
    month: Annotated[str | None, MONTH] = None,
    first: Annotated[str | None, Query(alias="from", max_length=10, description="First local day.")] = None,
    until: Annotated[str | None, Query(alias="to", max_length=10, description="The local day after the last.")] = None,
    due: Annotated[str | None, DAY] = None,
) -> DaysAsked:
    """The days of a request, or 422."""
    return DaysAsked(*instants.days(month, first, until), None if due is None else instants.day(due))


AskedDays = Annotated[DaysAsked, Depends(days_asked)]
WithShare = Annotated[bool, Query(description="With its share of its community, as it is settled.")]


@router.get(
    "/installations/{installation_id}/bills", response_model=InstallationBill, responses=responses(403, 404, 422)
)
def bills(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    asked: AskedDays,
    shared: WithShare = False,
    form: p.FormatParameter = "json",
) -> Response:
    """The bill of a local month, or of the days from `from` to before `to`; without `due` it falls due on the last."""
    found = maker(reader, chosen.id, shared, asked.due)(asked.first, asked.until)
    if form == "csv":
        return as_csv(LINE_COLUMNS, line_rows(found))
    return as_json({"installation_id": chosen.id} | fields(found))


@router.post(
    "/installations/{installation_id}/bills",
    response_model=BillDifference,
    responses=responses(403, 404, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def difference_of(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    content: Body,
    shared: WithShare = False,
    form: p.FormatParameter = "json",
) -> Response:
    """Causes why an official bill differs. The body is a CSV file of its lines, with the columns of `format=csv`."""
    return _difference(chosen.id, difference(maker(reader, chosen.id, shared), parse("The file", content), None), form)


@router.get(
    "/installations/{installation_id}/bills/stated",
    response_model=BillDifference,
    responses=responses(403, 404, 422),
)
def difference_of_stated(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    asked: AskedDays,
    shared: WithShare = False,
    form: p.FormatParameter = "json",
) -> Response:
    """The causes why the bill of the hours which the distributor states, by Datadis or a file, differs from ours."""
    days = (asked.first, asked.until)
    theirs = stated_bill(reader, chosen.id, *days, asked.due)
    return _difference(chosen.id, difference(maker(reader, chosen.id, shared, asked.due), theirs, days), form)


def _difference(installation_id: str, found: Difference, form: str) -> Response:
    if form == "csv":
        return as_csv(CAUSE_COLUMNS, found.rows)
    days = dict(zip(("from", "until"), found.days, strict=True))
    return as_json({"installation_id": installation_id} | days | {"causes": found.rows, "note": found.caption})
