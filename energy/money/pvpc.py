"""The regulated parts of the PVPC 2.0TD by date, and how much of it follows the day-ahead market.

The energy term of hour h is ``tolls and charges + (1 + losses) · (A · market + B · futures + adjustment services +
others)``: Real Decreto 216/2014, art. 9 and 10 bis. Each rule below says from when to when it holds and which text
says so. All prices are EUR/MWh; hours and periods are those of ``energy.money.periods``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from energy.money.periods import P1, P2, P3, TERRITORIES, period_2_0td

ZONE_PREFIX = "ES-"
"""Zones of market ``pvpc`` are this and a territory of the tariff."""


Value = TypeVar("Value")


@dataclass(frozen=True)
class Rule(Generic[Value]):
    """What holds in [``since``, ``until``); ``until`` None: no end is set."""

    since: date
    until: date | None
    value: Value
    source: str


TOLLS = (
    Rule(
        date(2021, 6, 1),
        date(2021, 9, 16),
        {P1: 133.118, P2: 41.772, P3: 6.001},
        "Resolución CNMC de 18 de marzo de 2021 (BOE-A-2021-4565) and Orden TED/371/2021",
    ),
    Rule(
        date(2024, 1, 1),
        date(2025, 1, 1),
        {P1: 76.974, P2: 27.963, P3: 2.752},
        "Resolución CNMC de 21 de diciembre de 2023 and charges of 2024, as retailers billed them",
    ),
    Rule(
        date(2025, 1, 1),
        date(2026, 1, 1),
        {P1: 92.539, P2: 28.201, P3: 2.994},
        "Resolución CNMC de 4 de diciembre de 2024 and Orden TED/1487/2024, as retailers billed them",
    ),
    Rule(
        date(2026, 1, 1),
        date(2027, 1, 1),
        {P1: 33.261 + 64.292, P2: 16.409 + 12.858, P3: 0.077 + 3.215},
        "tolls BOE-A-2025-26348, charges Orden TED/1524/2025 (BOE-A-2025-26705)",
    ),
)
"""Tolls and charges of energy, EUR/MWh by period."""
MARKET_SHARES = (
    Rule(date(2021, 6, 1), date(2024, 1, 1), 1.0, "Real Decreto 216/2014 before Real Decreto 446/2023"),
    Rule(date(2024, 1, 1), date(2025, 1, 1), 0.75, "Real Decreto 446/2023"),
    Rule(date(2025, 1, 1), date(2026, 1, 1), 0.60, "Real Decreto 446/2023"),
    Rule(date(2026, 1, 1), None, 0.45, "Real Decreto 446/2023"),
)
"""Weight A of the day-ahead and intraday market; the futures basket has 1 − A."""
LOSSES = {P1: 0.167, P2: 0.163, P3: 0.180}
"""Standard losses of 2.0TD up to the power station's busbars: Circular CNMC 3/2020, annex III."""


class NoRule(LookupError):
    """No rule covers that day: it lies before the first one, or between two."""


def territory(zone: str) -> str:
    """The tariff's territory of a zone of market ``pvpc``; the peninsula for one it does not name."""
    name = zone.removeprefix(ZONE_PREFIX)
    return name if name in TERRITORIES else "peninsula"


def tolls(instant: datetime, zone: str = "ES-peninsula") -> tuple[float, bool]:
    """Tolls and charges at ``instant`` (EUR/MWh), and whether the last known ones stand in for ones not published.

    Raises :class:`NoRule` before the first rule and between two of them.
    """
    place = territory(zone)
    day = instant.astimezone(TERRITORIES[place]).date()
    rule, stands_in = _in_force(TOLLS, day)
    return rule.value[period_2_0td(instant, place)], stands_in


def market_factor(instant: datetime, zone: str = "ES-peninsula") -> float:
    """By how many EUR/MWh the PVPC moves where the market moves by one. Raises :class:`NoRule`."""
    place = territory(zone)
    rule, _ = _in_force(MARKET_SHARES, instant.astimezone(TERRITORIES[place]).date())
    return rule.value * (1 + LOSSES[period_2_0td(instant, place)])


def _in_force(rules: tuple[Rule[Value], ...], day: date) -> tuple[Rule[Value], bool]:
    for rule in rules:
        if rule.since <= day and (rule.until is None or day < rule.until):
            return rule, False
    last = rules[-1]
    if day < last.since:
        raise NoRule(f"No rule of the PVPC covers {day}; the first begins on {rules[0].since}.")
    return last, True
