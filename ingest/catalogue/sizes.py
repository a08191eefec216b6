"""Capacities that installations can have, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

SMALLEST_KW = 0.05
LARGEST_KW = {"home": 1_000.0, "farm": 50_000.0, "park": 10_000_000.0, "community": 10_000_000.0}
"""The largest capacity of each kind that is no typing error."""


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # YAML's yes and no as well
        raise ValueError("write a number")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Capacity = Annotated[Number, Field(ge=SMALLEST_KW, le=max(LARGEST_KW.values()))]


def check_sizes(kind: str | None, capacities_kw: Iterable[float | None]) -> None:
    """Raise ``ValueError`` for a capacity that no installation of that kind has, nor any of its devices."""
    largest = LARGEST_KW.get(kind or "park", 0.0)
    for capacity_kw in filter(None, capacities_kw):
        if capacity_kw > largest:
            raise ValueError(f"capacity_kw: no {kind} has {capacity_kw:,.0f} kW; the largest is {largest:,.0f}")
