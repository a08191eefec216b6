"""Prices of energy, known and forecast: of each period what was known last; and how right such forecasts have been."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

from energy.calendar import utc_dates
from serving_layer.instants import Span
from serving_layer.reader import Reader
from store.instants import utc, utc_or_none
from store.runs import Published

MARKETS = ("spot", "pvpc", "surplus")
ZONES = {"spot": "ES", "pvpc": "ES-peninsula", "surplus": "ES"}
"""The zone meant where none is named."""
FORECAST = "forecast"
RUNS_TRIED = 5
"""A market that none of so many runs forecast is said to have no record."""

_PRICES = (
    "SELECT start, known_at, end, price_eur_mwh, provider, kind, p10, p90, model, step FROM price "
    "WHERE market = ? AND zone = ? AND day = ?"
)
_RECORD = (
    "SELECT run_id, model, days, hours, mae_eur_mwh, rmse_eur_mwh, r2, pinball_eur_mwh, coverage_p10, coverage_p90, "
    "is_published FROM price_skill WHERE market = ? AND zone = ? AND run_id = ?"
)


def read(reader: Reader, market: str, zone: str, span: Span, visible: Published | None = None) -> list[dict[str, Any]]:
    """Prices in EUR/MWh of the periods that begin in ``span``; a known price beats any forecast of it.

    With ``visible`` also the forecasts that its runs issued, of each hour the newest.
    """
    days = utc_dates(*span)
    rows = [row for rows in reader.each(_PRICES, [(market, zone, day) for day in days]) for row in rows]
    issued = frozenset() if visible is None else visible.issues
    prices = [_price(row) for row in rows]
    within = [
        p for p in prices if span.start <= p["start"] < span.end and (p["kind"] != FORECAST or p["known_at"] in issued)
    ]
    return newest(within)


def record(reader: Reader, market: str, zone: str, visible: Published) -> list[dict[str, Any]]:
    """Errors in EUR/MWh of every model that the newest run with any tried, the best first; empty where none did."""
    for run in visible.runs[:RUNS_TRIED]:
        rows = [row._asdict() for row in reader.rows(_RECORD, market, zone, run.run_id)]
        if rows:
            return sorted(rows, key=lambda row: float(row["mae_eur_mwh"]))
    return []


def newest(prices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each instant one price, by start: known ones before forecasts, then the one known last, then the finest.

    A period of which another has a part keeps the rest of itself. A forecast is left out where a part of its period
    is known.
    """
    ranked = sorted(prices, key=_rank, reverse=True)
    known = _pieces([price for price in ranked if price["kind"] != FORECAST])
    forecast = _pieces([price for price in ranked if price["kind"] == FORECAST])
    starts = [price["start"] for price in known]

    def is_open(price: dict[str, Any]) -> bool:
        before = bisect_left(starts, price["end"]) - 1
        return before < 0 or bool(known[before]["end"] <= price["start"])

    return sorted([*known, *filter(is_open, forecast)], key=lambda price: price["start"])


def _pieces(ranked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of periods that no period before them in ``ranked`` covers, by start."""
    by_start = sorted(range(len(ranked)), key=lambda at: ranked[at]["start"])
    edges = sorted({price[edge] for price in ranked for edge in ("start", "end")})
    pieces: list[dict[str, Any]] = []
    holding: list[int] = []
    begun, last = 0, -1
    for start, end in pairwise(edges):
        while begun < len(by_start) and ranked[by_start[begun]]["start"] <= start:
            heappush(holding, by_start[begun])
            begun += 1
        while holding and ranked[holding[0]]["end"] <= start:
            heappop(holding)
        if not holding:
            last = -1
            continue
        if holding[0] == last:
            pieces[-1]["end"] = end
        else:
            last = holding[0]
            pieces.append(ranked[last] | {"start": start, "end": end})
    return pieces


def _rank(price: dict[str, Any]) -> tuple[Any, ...]:
    length = price["end"] - price["start"]
    return price["known_at"], -length, price["start"], price["provider"], price["price_eur_mwh"]


def _price(row: Any) -> dict[str, Any]:
    times = {name: utc_or_none(getattr(row, name)) for name in ("start", "end", "known_at")}
    # Where the source did not say, an hour is meant.
    end = times["end"] or utc(row.start) + timedelta(hours=1)
    said = {"end": end, "kind": row.kind or "known", "provider": row.provider or ""}
    return row._asdict() | times | said  # type: ignore[no-any-return]
