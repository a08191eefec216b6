"""``GET /v1/prices`` and ``/v1/prices/forecast``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from serving_layer import prices
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.api.problems import responses

router = APIRouter(prefix="/v1", tags=["prices"], dependencies=[p.Guarded])
COLUMNS = ("start", "end", "price_eur_mwh", "kind", "known_at", "provider", "p10", "p90", "model")
LONGEST = timedelta(days=400)
AHEAD = timedelta(hours=48)

Market = Annotated[Literal["spot", "pvpc", "surplus"], Query(description="Wholesale, household tariff, or surplus.")]
Zone = Annotated[str, Query(max_length=60, description="Price zone.", examples=["ES"])]


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


class Prices(BaseModel):
    """Prices by start."""

    market: str
    zone: str
    unit: str = "EUR/MWh"
    values: list[PriceValue]


@router.get("/prices", response_model=Prices, responses=responses(422))
def known(
    reader: p.ReaderOf,
    market: Market,
    first: p.FromParameter,
    last: p.ToParameter,
    zone: Zone = "ES",
    tz: p.ZoneParameter = "UTC",
    form: p.FormatParameter = "json",
) -> Response:
    """Known prices of the periods that begin in [from, to)."""
    start, end = p.range_of(first, last, p.zone_of(tz), LONGEST)
    return _answer(market, zone, prices.read(reader, market, zone, start, end), form)


@router.get("/prices/forecast", response_model=Prices, responses=responses(422))
def ahead(reader: p.ReaderOf, market: Market, zone: Zone = "ES", form: p.FormatParameter = "json") -> Response:
    """From the hour that runs on: the prices already known, then the next 48 hours with their band."""
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    found = prices.read(reader, market, zone, now, now + AHEAD, with_forecast=True)
    return _answer(market, zone, found, form)


def _answer(market: str, zone: str, values: list[dict[str, Any]], form: str) -> Response:
    if form == "csv":
        return as_csv(COLUMNS, values)
    return as_json({"market": market, "zone": zone, "unit": "EUR/MWh", "values": values})
