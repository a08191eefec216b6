"""The price that counts among those quoted for the same time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

FORECAST = "forecast"


def newest(prices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One price of each instant, by start: known ones before forecasts, then the one known last, then the finest.

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
