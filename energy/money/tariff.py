"""The access tariffs: their periods, tolls, charges and losses by date, and the other regulated prices.

Prices are whole millionths of EUR; the rows stand in ``conf/tariffs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from energy.money.dated import Dated
from energy.money.periods import Periods
from energy.money.taxes import Taxes


class UnknownTariff(LookupError):
    """An access tariff or a territory that has no periods."""


class Prices(NamedTuple):
    """The prices of each period: of power (10⁻⁶ EUR/kW and year) and of energy (10⁻⁶ EUR/kWh)."""

    power: tuple[int, ...]
    energy: tuple[int, ...]


class ExcessPrices(NamedTuple):
    """The price of a kW above the contracted power in each period, 10⁻⁶ EUR."""

    a_day: tuple[int, ...]
    """The price for the greatest quarter-hour's excess of a day, up to 50 kW contracted."""
    a_month: tuple[int, ...]
    """The price for the root of the sum of a month's squared excesses, above 50 kW; none for 2.0TD."""


class ReactivePrices(NamedTuple):
    """10⁻⁶ EUR/kvarh."""

    middle: int
    """With a power factor from 0.80 to 0.95."""
    low: int
    """With one below 0.80."""


class SocialBonus(NamedTuple):
    """Discounts of the social bonus, in 10⁻⁸ percent."""

    vulnerable: int
    severe: int
    """The discount of a home that is severely vulnerable."""


class MeterRent(NamedTuple):
    """10⁻⁶ EUR a month."""

    single_phase: int
    three_phase: int


@dataclass(frozen=True)
class AccessTariff:
    """One access tariff, as 2.0TD."""

    name: str
    periods: Mapping[str, Dated[Periods]]
    """Periods by territory."""
    tolls: Dated[Prices]
    charges: Dated[Prices]
    losses: Dated[tuple[int, ...]]
    """Up to the power station's busbars, in thousandths, by energy period."""
    excess: Dated[ExcessPrices]

    def periods_on(self, day: date, territory: str) -> Periods:
        """The periods in force. Raises :class:`UnknownTariff`, :class:`energy.money.dated.NoRule`."""
        if territory not in self.periods:
            raise UnknownTariff(f"{territory!r} has no hours of {self.name}; use one of {', '.join(self.periods)}")
        return self.periods[territory].on(day).value


@dataclass(frozen=True)
class Regulated:
    """Prices that are set whatever the contract."""

    meter_rent: Dated[MeterRent]
    social_bonus_funding: Dated[int]
    """10⁻⁶ EUR a supply and year."""
    social_bonus: Dated[SocialBonus]
    pvpc_margin: Dated[int]
    """10⁻⁶ EUR/kW and year on the power of the first period."""
    pvpc_market_share: Dated[int]
    """Weight of the day-ahead market in the PVPC, in thousandths."""
    reactive_energy: Dated[ReactivePrices]


@dataclass(frozen=True)
class Tariffs:
    """Every dated rule of a bill."""

    access: Mapping[str, AccessTariff]
    regulated: Regulated
    taxes: Taxes

    def of(self, name: str) -> AccessTariff:
        """The access tariff called ``name``. Raises :class:`UnknownTariff`."""
        if name not in self.access:
            raise UnknownTariff(f"{name!r} is no access tariff; use one of {', '.join(self.access)}")
        return self.access[name]
