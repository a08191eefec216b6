"""One line of a bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from energy.money.exact import cents

POWER, MARGIN, ENERGY, TOLLS = "power", "margin", "energy", "tolls and charges"
EXCESS, REACTIVE = "excess power", "reactive energy"
COMPENSATION, FUNDING, METER = "compensation", "social bonus funding", "meter rent"
SOCIAL_BONUS = "social bonus"


class Line(NamedTuple):
    """``amount`` (10⁻¹² EUR) of what was supplied from ``since`` to before ``until``, local days.

    ``quantity`` times ``price`` is the amount, up to the rounding of a price that is a mean; a power line's also times
    its days over those of the year, an excess power's by maximum demand times its days.
    """

    kind: str
    period: str
    since: date
    until: date
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    price_unit: str
    amount: int
    estimated_kwh: Decimal | None = None
    """The part of the quantity that was not measured throughout."""


def line_fields(of: Line) -> dict[str, Any]:
    """The fields of a line as they are shown: its amount in EUR, half up to the cent."""
    return {
        "kind": of.kind,
        "period": of.period,
        "from": of.since,
        "until": of.until,
        "quantity": of.quantity,
        "unit": of.unit,
        "price": of.price,
        "price_unit": of.price_unit,
        "eur": cents(of.amount),
        "estimated_kwh": of.estimated_kwh,
    }
