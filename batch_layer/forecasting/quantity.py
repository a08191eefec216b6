"""The quantities that are forecast, with the bounds, clock and rhythm that each has before any history."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A forecast quantity.

    ``floor`` is its least possible value; ``sun`` says that it is zero at night and follows UTC, not the wall
    clock; others repeat by the wall clock of their zone, and know weekends and holidays.
    """

    name: str
    floor: float | None
    sun: bool


SOLAR = Quantity("solar", floor=0.0, sun=True)
CONSUMPTION = Quantity("consumption", floor=0.0, sun=False)
PRICE = Quantity("price", floor=None, sun=False)
QUANTITIES = {quantity.name: quantity for quantity in (SOLAR, CONSUMPTION, PRICE)}
