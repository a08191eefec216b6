"""``GET /v1/runs``, ``/v1/ledger``, ``/v1/quarantine`` and ``/v1/sources``: how the answers came about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from energy.topics import TOPICS, TopicName
from serving_layer.access.door import Guarded, OfAll
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views import ledger, merged
from store.history.sources import Source, sources
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["provenance"], dependencies=[Guarded, OfAll, p.Turn])
LEDGER_COLUMNS = ("topic", "layer", "batches", *ledger.COUNTS, "written_at")
MESSAGE_COLUMNS = (
    "topic", "partition", "offset", "received_at", "reason", "payload_bytes", "payload", "payload_base64",
)  # fmt: skip
RUN_COLUMNS = ("run_id", "started", "published", "cut", "issued_at")
LONGEST_DAYS = 40

Topic = Annotated[TopicName | None, Query(description="One topic only.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many, newest first.")]


class RunRow(BaseModel):
    """One night."""

    run_id: str
    started: datetime | None
    published: datetime | None = Field(description="Since when it is visible; null: not yet.")
    cut: datetime | None
    issued_at: datetime | None
    counts: dict[str, int]
    skill: dict[str, float]


class Runs(BaseModel):
    """Nights, newest first."""

    runs: list[RunRow]


class LedgerRow(BaseModel):
    """received = accepted + duplicate + quarantined; late is a part of accepted."""

    topic: str
    layer: str
    batches: int
    received: int
    accepted: int
    duplicate: int
    quarantined: int
    late: int
    written_at: datetime | None


class Ledger(BaseModel):
    """Messages of each topic and layer since the beginning."""

    ledger: list[LedgerRow]


class Message(BaseModel):
    """A message that was not taken, and why."""

    model_config = ConfigDict(extra="allow")
    topic: str
    partition: int
    offset: int
    received_at: datetime | None
    reason: str | None
    payload_bytes: int | None


class Quarantine(BaseModel):
    """Messages that were not taken, newest first."""

    quarantine: list[Message]


class SourceRow(BaseModel):
    """A source that was asked."""

    source: str
    asked: datetime = Field(description="When it was last asked anything.")
    outcome: str = Field(description="What came of that.")
    answered: datetime | None = Field(description="When it last answered with anything; null: never.")
    open: int = Field(description="Questions asked in vain that are asked again.")
    given_up: int = Field(description="Questions that are asked no more, but by hand.")
    next: datetime | None = Field(description="From when on the first open one is asked again; null: none is open.")


class Sources(BaseModel):
    """Sources, by name."""

    sources: list[SourceRow]


@router.get("/runs", response_model=Runs, responses=responses(403, 422))
def runs(reader: p.ReaderOf, limit: Limit = 100, form: p.FormatParameter = "json") -> Response:
    """The nights and what they published."""
    rows = [run._asdict() for run in merged.all_runs(reader)[:limit]]
    return as_csv(RUN_COLUMNS, rows) if form == "csv" else as_json({"runs": rows})


@router.get("/ledger", response_model=Ledger, responses=responses(403, 422))
def ledger_totals(reader: p.ReaderOf, topic: Topic = None, form: p.FormatParameter = "json") -> Response:
    """The ledger: messages received, accepted, duplicate and quarantined. None vanishes."""
    rows = ledger.totals(reader, [topic] if topic else list(TOPICS))
    return as_csv(LEDGER_COLUMNS, rows) if form == "csv" else as_json({"ledger": rows})


def days_asked(
    day: p.LastDay = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS, description="So many days up to it.")] = 7,
) -> p.Days:
    """The days of a request, of the messages' arrival."""
    return p.Days(day, days)


@router.get("/quarantine", response_model=Quarantine, responses=responses(403, 422))
def quarantine(
    reader: p.ReaderOf,
    asked: Annotated[p.Days, Depends(days_asked)],
    topic: Topic = None,
    limit: Limit = 100,
    form: p.FormatParameter = "json",
) -> Response:
    """Messages that were not taken, newest first, with reason, place and the first KiB of the payload.

    SQL and CQL have 8 KiB of it; its own place in the topic has the whole.
    """
    wanted = [asked.last - timedelta(days=n) for n in range(asked.number)]
    rows = ledger.quarantined(reader, [topic] if topic else list(TOPICS), wanted, limit)
    return as_csv(MESSAGE_COLUMNS, rows) if form == "csv" else as_json({"quarantine": rows})


@router.get("/sources", response_model=Sources, responses=responses(403, 422))
def asked(request: Request, form: p.FormatParameter = "json") -> Response:
    """The sources that were asked in the home of this API; those asked elsewhere are not known here."""
    rows = [each._asdict() for each in sources(request.app.state.settings.home)]
    return as_csv(Source._fields, rows) if form == "csv" else as_json({"sources": rows})
