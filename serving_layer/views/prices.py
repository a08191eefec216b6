"""Prices of energy, known and forecast: of each period what was known last; and how right such forecasts have been."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from energy.calendar import utc_dates
from energy.money.quotes import FORECAST, newest
from serving_layer.instants import Span
from serving_layer.reader import Reader
from store.instants import utc, utc_or_none
from store.runs import Published

ZONES = {"spot": "ES", "pvpc": "ES-peninsula", "surplus": "ES"}
"""The zone meant where none is named."""
LONGEST = timedelta(days=1)
"""The longest period of a price that is looked for before a span."""
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
    days = utc_dates(span.start - LONGEST, span.end)
    rows = [row for rows in reader.each(_PRICES, [(market, zone, day) for day in days]) for row in rows]
    issued = frozenset() if visible is None else visible.issues
    prices = [_price(row) for row in rows]
    return beginning_in(span, (p for p in prices if p["kind"] != FORECAST or p["known_at"] in issued))


def beginning_in(span: Span, prices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The prices that count, of the periods that begin in ``span``.

    A period that began before it or begins behind it takes its part of them, so that each instant has the same price
    in every span.
    """
    return [price for price in newest(prices) if span.start <= price["start"] < span.end]


def record(reader: Reader, market: str, zone: str, visible: Published) -> list[dict[str, Any]]:
    """Errors in EUR/MWh of every model that the newest run with any tried, the best first; empty where none did."""
    for run in visible.runs[:RUNS_TRIED]:
        rows = [row._asdict() for row in reader.rows(_RECORD, market, zone, run.run_id)]
        if rows:
            return sorted(rows, key=lambda row: float(row["mae_eur_mwh"]))
    return []


def _price(row: Any) -> dict[str, Any]:
    times = {name: utc_or_none(getattr(row, name)) for name in ("start", "end", "known_at")}
    # Where the source did not say, an hour is meant.
    end = times["end"] or utc(row.start) + timedelta(hours=1)
    said = {"end": end, "kind": row.kind or "known", "provider": row.provider or ""}
    return row._asdict() | times | said  # type: ignore[no-any-return]
