"""Exact amounts: energy in whole mWh, prices in whole millionths of EUR/kWh, so money in whole 10⁻¹² EUR."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

EUR = 10**12
"""10⁻¹² EUR in an euro; mWh times millionths of EUR/kWh are these."""
MICRO = 10**6
"""Millionths of an euro: the six decimals in which prices are published."""
MWH_IN_KWH = 10**6
CENT = EUR // 100
PERCENT = 10**8
"""A percent in the unit of tax rates: 5.11269632 % are 511,269,632."""


class NotExact(ValueError):
    """A number with more decimals than its unit has."""


def whole(number: Decimal, unit: int) -> int:
    """``number`` in units of 1/``unit``. Raises :class:`NotExact` where it is no whole number of them."""
    scaled = number * unit
    if scaled != int(scaled):
        raise NotExact(f"{number} has more decimals than the {len(str(unit)) - 1} that are kept")
    return int(scaled)


def divided(amount: int, by: int) -> int:
    """``amount`` / ``by``, halves away from zero."""
    quotient, rest = divmod(abs(amount), by)
    rounded = quotient + (2 * rest >= by)
    return rounded if amount >= 0 else -rounded


def to_cent(amount: int) -> int:
    """``amount`` (10⁻¹² EUR) at the nearest cent, half a cent away from zero."""
    return divided(amount, CENT) * CENT


def euros(amount: int) -> Decimal:
    """``amount`` (10⁻¹² EUR) in EUR, exactly."""
    return Decimal(amount).scaleb(-12)


def cents(amount: int) -> Decimal:
    """``amount`` (10⁻¹² EUR) in EUR, rounded half up to the cent."""
    return euros(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)


def kwh(energy: int) -> Decimal:
    """``energy`` (mWh) in kWh, exactly."""
    return Decimal(energy).scaleb(-6)


def share(amount: int, rate: int) -> int:
    """``rate`` (percent in units of 10⁻⁸) of ``amount``, to the nearest 10⁻¹² EUR."""
    return divided(amount * rate, 100 * PERCENT)
