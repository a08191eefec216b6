"""``GET /v1/prices`` and ``/v1/prices/forecast``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from energy import records
from serving_layer.access.door import Guarded
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.instants import Span
from serving_layer.views import merged, prices
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["prices"], dependencies=[Guarded, p.Turn])
COLUMNS = ("start", "end", "price_eur_mwh", "kind", "known_at", "provider", "p10", "p90", "model", "step")
LONGEST = timedelta(days=400)
AHEAD = timedelta(hours=48)

Market = Annotated[records.Market, Query(description="Wholesale, household tariff, or surplus.")]
Zone = Annotated[
    str | None,
    Query(
        max_length=60, description="Price zone; without it ES, of pvpc ES-peninsula.", examples=["ES", "ES-canarias"]
    ),
]


class PriceValue(BaseModel):
    """Price of one period, EUR/MWh; a forecast has a band."""

    model_config = ConfigDict(extra="allow")
    start: datetime
    end: datetime | None
    price_eur_mwh: float
    kind: str = Field(description="known or forecast")
    known_at: datetime | None
    provider: str | None
    p10: float | None
    p90: float | None
    model: str | None
    step: str | None = Field(description="What a forecast rests on: weather, history or persistence.")


class Record(BaseModel):
    """Errors of a model over the days before the run, forecast a day ahead, EUR/MWh."""

    model_config = ConfigDict(extra="allow")
    run_id: str
    model: str
    days: int
    hours: int
    mae_eur_mwh: float
    rmse_eur_mwh: float
    r2: float | None
    pinball_eur_mwh: float | None = Field(description="Mean over p10, p50 and p90.")
    coverage_p10: float | None = Field(description="Share of the outcomes below p10.")
    coverage_p90: float | None
    is_published: bool = Field(description="Whether its forecast is the one that is served.")


class Prices(BaseModel):
    """Prices by start."""

    market: str
    zone: str
    unit: str = "EUR/MWh"
    values: list[PriceValue]


class PricesAhead(Prices):
    """Prices by start, and the record of the models that were tried: the least error first."""

    record: list[Record]


@router.get("/prices", response_model=Prices, responses=responses(422))
def known(
    reader: p.ReaderOf,
    market: Market,
    asked: p.RangeAsked,
    zone: Zone = None,
    form: p.FormatParameter = "json",
) -> Response:
    """Known prices of the periods that begin in [from, to)."""
    span = asked.span(LONGEST)
    place = zone or prices.ZONES[market]
    return _answer(market, place, prices.read(reader, market, place, span), form)


@router.get("/prices/forecast", response_model=PricesAhead, responses=responses(422))
def ahead(reader: p.ReaderOf, market: Market, zone: Zone = None, form: p.FormatParameter = "json") -> Response:
    """Prices from the hour that runs on: those already known, then the next 48 hours with their band; the record."""
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    place, visible = zone or prices.ZONES[market], merged.seen(reader)
    values = prices.read(reader, market, place, Span(now, now + AHEAD), visible)
    return _answer(market, place, values, form, record=prices.record(reader, market, place, visible))


def _answer(market: str, zone: str, values: list[dict[str, Any]], form: str, **more: Any) -> Response:
    if form == "csv":
        return as_csv(COLUMNS, values)
    return as_json({"market": market, "zone": zone, "unit": "EUR/MWh", "values": values} | more)
