"""Prices of energy, known and forecast: of each period what was known last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from serving_layer.reader import Reader, utc

MARKETS = ("spot", "pvpc", "surplus")
FORECAST = "forecast"

_PRICES = (
    "SELECT start, known_at, end, price_eur_mwh, provider, kind, p10, p90, model FROM price "
    "WHERE market = ? AND zone = ? AND day = ?"
)


def read(
    reader: Reader, market: str, zone: str, start: datetime, end: datetime, *, with_forecast: bool = False
) -> list[dict[str, Any]]:
    """Prices in EUR/MWh of the periods that begin in [start, end), UTC; a known price beats any forecast of it."""
    first, last = start.astimezone(timezone.utc).date(), end.astimezone(timezone.utc).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [row for rows in reader.each(_PRICES, [(market, zone, day) for day in days]) for row in rows]
    within = [_price(row) for row in rows if with_forecast or row.kind != FORECAST]
    return newest(price for price in within if start <= price["start"] < end)


def newest(prices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each period one price, by start: a known one before a forecast, then the one known last."""
    best: dict[datetime, dict[str, Any]] = {}
    for price in prices:
        if price["start"] not in best or _rank(price) > _rank(best[price["start"]]):
            best[price["start"]] = price
    return [best[start] for start in sorted(best)]


def _rank(price: dict[str, Any]) -> tuple[bool, datetime]:
    return price["kind"] != FORECAST, price["known_at"]


def _price(row: Any) -> dict[str, Any]:
    times = {name: utc(getattr(row, name)) for name in ("start", "end", "known_at")}
    return row._asdict() | times | {"kind": row.kind or "known"}  # type: ignore[no-any-return]
