"""``…/reconcile`` and ``…/gaps`` of an installation, ``GET /v1/runs/{run_id}/changes``: numbers called to account."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from energy.energy_row import MWH
from energy.gaps import State
from serving_layer.access.door import AmongSeen, Guarded, SeenInstallation
from serving_layer.access.turns import Turns
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views import catalogue, gaps, merged
from serving_layer.views import reconcile as compared
from serving_layer.views import revisions as changed
from serving_layer.views.parts import parts
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["provenance"], dependencies=[Guarded, p.Turn])
ComparisonTurn = Depends(Turns(at_once=1, wait_seconds=10.0, waiting=4))
"""A comparison keeps a core busy for seconds; who waits for it takes no place of a short question."""
comparisons = APIRouter(prefix="/v1", tags=["provenance"], dependencies=[Guarded, ComparisonTurn])
AsOf = Annotated[
    str | None,
    Query(max_length=40, description="Compare what was published, and officially known, at this instant."),
]


class ComparedViews(BaseModel):
    """One view beside another; the parts sum to the difference exactly."""

    first: str
    second: str
    difference_wh: float = Field(description="second minus first.")
    parts: dict[str, float] = Field(
        description="Wh by cause: late, duplicate, quarantine, reset, gap, estimate, clock, resolution; "
        "meter is what two instruments measure differently."
    )


class ReconcileLine(BaseModel):
    """One quantity of one day, or of the whole range; null where a view has no value."""

    day: date | None = Field(description="Local day of `tz`; null: the whole range.")
    quantity: str
    speed_wh: float | None
    batch_wh: float | None
    official_wh: float | None
    compared: list[ComparedViews]


class Reconciled(BaseModel):
    """Speed, batch and official totals side by side."""

    installation_id: str
    unit: str = "Wh"
    tz: str
    cut: datetime | None = Field(description="The batch and official views speak up to here.")
    days: list[ReconcileLine]
    total: list[ReconcileLine]


class GapLine(BaseModel):
    """Quarter-hours in a row of one device's quantity that fared alike."""

    installation_id: str
    device_id: str
    quantity: str
    start: datetime
    until: datetime = Field(description="The instant after the last quarter-hour.")
    state: State
    cause: str
    periods: int = Field(description="Quarter-hours.")
    completeness: float = Field(description="Mean share of their time that is covered, 0 to 1.")
    run_id: str


class Gaps(BaseModel):
    """The gap ledger up to the cut."""

    installation_id: str
    cut: datetime | None
    gaps: list[GapLine]


class ChangeLine(BaseModel):
    """A change of one installation's UTC day by a run."""

    run_id: str
    installation_id: str
    day: date
    quantity: str
    why: str
    periods: int = Field(description="Quarter-hours that were changed.")
    before_wh: float = Field(description="Their sum before the run.")
    after_wh: float = Field(description="Their sum since.")


class Changes(BaseModel):
    """Changes by a run of values published before it."""

    run_id: str
    changes: list[ChangeLine]


@comparisons.get(
    "/installations/{installation_id}/reconcile", response_model=Reconciled, responses=responses(403, 404, 422)
)
def reconcile(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    asked: p.RangeAsked,
    as_of: AsOf = None,
    form: p.FormatParameter = "json",
) -> Response:
    """Speed, batch and official totals of each day side by side, each difference in parts that sum to it exactly."""
    zone, span = asked.zone, asked.span(compared.LONGEST)
    if chosen.row.get("kind") == "community":
        asked.span(compared.LONGEST_OF_COMMUNITY)
    published = merged.seen(reader, None if as_of is None else p.instant_of("as_of", as_of, zone))
    lines = compared.reconcile(reader, chosen.id, span, zone, published)
    if form == "csv":
        return as_csv(compared.COLUMNS, compared.flat(lines))
    plain = [_plain(line) for line in lines]
    return as_json(
        {
            "installation_id": chosen.id,
            "unit": "Wh",
            "tz": asked.tz,
            "cut": published.cut,
            "days": [line for line in plain if line["day"] is not None],
            "total": [line for line in plain if line["day"] is None],
        }
    )


@router.get("/installations/{installation_id}/gaps", response_model=Gaps, responses=responses(403, 404, 422))
def gap_ledger(
    reader: p.ReaderOf,
    chosen: SeenInstallation,
    asked: p.RangeAsked,
    states: Annotated[
        list[State] | None, Query(alias="state", description="These only; without it all but present.")
    ] = None,
    form: p.FormatParameter = "json",
) -> Response:
    """The state of each expected quarter-hour of a device or meter up to the cut; of a community its members'."""
    span = asked.span(compared.LONGEST)
    members = parts(chosen.row, catalogue.installations(reader), span)
    published = merged.seen(reader)
    found = gaps.ledger(reader, members, span, published, datetime.now(timezone.utc))
    rows = [line._asdict() for line in gaps.of_states(found, states or ())]
    if form == "csv":
        return as_csv(gaps.Line._fields, rows)
    return as_json({"installation_id": chosen.id, "cut": published.cut, "gaps": rows})


@router.get("/runs/{run_id}/changes", response_model=Changes, responses=responses(403, 404, 422))
def run_changes(
    reader: p.ReaderOf,
    among: AmongSeen,
    run_id: Annotated[str, Path(max_length=40, examples=["20260310T000500Z"])],
    limit: Annotated[int, Query(ge=1, le=100_000, description="At most so many.")] = 10_000,
    form: p.FormatParameter = "json",
) -> Response:
    """Changes by a night of values published before it: before, after and why."""
    found = changed.changes(reader, run_id, merged.seen(reader), limit, among.ids)
    rows = [change._asdict() for change in found]
    return as_csv(changed.Change._fields, rows) if form == "csv" else as_json({"run_id": run_id, "changes": rows})


def _plain(line: compared.Line) -> dict[str, object]:
    totals = {f"{view}_wh": None if mwh is None else mwh / MWH for view, mwh in line.mwh.items()}
    views = [
        {
            "first": each.first,
            "second": each.second,
            "difference_wh": each.mwh / MWH,
            "parts": {cause: mwh / MWH for cause, mwh in each.parts.items()},
        }
        for each in line.compared
    ]
    return {"day": line.day, "quantity": line.quantity, **totals, "compared": views}
