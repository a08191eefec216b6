"""The regulated parts of the PVPC 2.0TD by date, and how much of it follows the day-ahead market.

The energy term of hour h is ``tolls and charges + (1 + losses) · (A · market + B · futures + adjustment services +
others)``: Real Decreto 216/2014, art. 9 and 10 bis. Which values hold when stands in ``conf/tariffs``. Prices are
EUR/MWh.
"""

from __future__ import annotations

from datetime import datetime

from energy.money.periods import TERRITORIES
from energy.money.tariff import Tariffs

ZONE_PREFIX = "ES-"
"""Zones of market ``pvpc`` are this and a territory of the tariff."""
ACCESS = "2.0TD"
"""The only access tariff with a PVPC."""


def territory(zone: str) -> str:
    """The tariff's territory of a zone of market ``pvpc``; the peninsula for one it does not name."""
    name = zone.removeprefix(ZONE_PREFIX)
    return name if name in TERRITORIES else "peninsula"


def tolls(rules: Tariffs, instant: datetime, zone: str = "ES-peninsula") -> tuple[float, bool]:
    """Tolls and charges at ``instant`` (EUR/MWh), and whether the last known ones stand in for ones not published.

    Raises :class:`energy.money.dated.NoRule` before the first rule and between two of them.
    """
    access, place = rules.of(ACCESS), territory(zone)
    day = instant.astimezone(TERRITORIES[place]).date()
    found = [series.on_or_last(day) for series in (access.tolls, access.charges)]
    at = _period(rules, instant, place)
    return sum(rule.value.energy[at] for rule, _ in found) / 1000, any(stands_in for _, stands_in in found)


def market_factor(rules: Tariffs, instant: datetime, zone: str = "ES-peninsula") -> float:
    """EUR/MWh by which the PVPC moves where the market moves by one. Raises :class:`energy.money.dated.NoRule`."""
    place = territory(zone)
    day = instant.astimezone(TERRITORIES[place]).date()
    losses = rules.of(ACCESS).losses.on(day).value[_period(rules, instant, place)]
    return rules.regulated.pvpc_market_share.on(day).value * (1000 + losses) / 1_000_000


def _period(rules: Tariffs, instant: datetime, place: str) -> int:
    """The index of the period, P1 being 0."""
    day = instant.astimezone(TERRITORIES[place]).date()
    return int(rules.of(ACCESS).periods_on(day, place).at(instant)[1:]) - 1
