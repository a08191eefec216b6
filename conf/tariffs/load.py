"""Reads the tariff files into the rules of ``energy.money``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from conf.place import CONF_DIR
from conf.tariffs.hours import periods
from conf.tariffs.rows import Row, TariffError, rows, series
from energy.money.dated import CONDITIONAL, Overlap
from energy.money.exact import MICRO, PERCENT
from energy.money.tariff import (
    AccessTariff,
    ExcessPrices,
    MeterRent,
    Prices,
    ReactivePrices,
    Regulated,
    SocialBonus,
    Tariffs,
)
from energy.money.taxes import Bounds, Tax, Taxes, TaxRow

FOLDER = CONF_DIR / "tariffs"
THOUSANDTH = 1000
WATT = 1000
"""Watts in a kW."""


class _Count(NamedTuple):
    """The number of periods of an access tariff."""

    power: int
    energy: int


COUNTS = {"2.0TD": _Count(2, 3), "3.0TD": _Count(6, 6), "6.1TD": _Count(6, 6)}


@cache
def tariffs(folder: Path = FOLDER) -> Tariffs:
    """Every dated rule of a bill. Raises :class:`TariffError` for a row that can't be taken."""
    hours = periods(folder / "periods.toml")
    access = {}
    for name, count in COUNTS.items():
        file = folder / f"{name}.toml"
        prices = partial(_prices, count)
        access[name] = AccessTariff(
            name,
            hours.get(name, {}),
            series(file, "tolls", f"{name} tolls", prices),
            series(file, "charges", f"{name} charges", prices),
            series(file, "losses", f"{name} losses", partial(_losses, count)),
            series(file, "excess", f"{name} excess power", partial(_excess, count)),
        )
    return Tariffs(access, _regulated(folder / "regulated.toml"), _taxes(folder / "taxes.toml"))


def _prices(count: _Count, row: Row) -> Prices:
    return Prices(row.numbers("power", MICRO, count.power), row.numbers("energy", MICRO, count.energy))


def _losses(count: _Count, row: Row) -> tuple[int, ...]:
    return row.numbers("energy", THOUSANDTH, count.energy)


def _excess(count: _Count, row: Row) -> ExcessPrices:
    by_quarters = row.numbers("quarters", MICRO, count.power) if count.power == count.energy else ()
    return ExcessPrices(row.numbers("maximum", MICRO, count.power), by_quarters)


def _regulated(file: Path) -> Regulated:
    return Regulated(
        series(
            file,
            "meter_rent",
            "meter rent",
            lambda row: MeterRent(row.number("single_phase", MICRO), row.number("three_phase", MICRO)),
        ),
        series(file, "social_bonus_funding", "social bonus funding", lambda row: row.number("eur_year", MICRO)),
        series(
            file,
            "social_bonus",
            "social bonus",
            lambda row: SocialBonus(row.number("vulnerable", PERCENT), row.number("severe", PERCENT)),
        ),
        series(file, "pvpc_margin", "PVPC margin", lambda row: row.number("eur_kw_year", MICRO)),
        series(file, "pvpc_market_share", "PVPC market share", lambda row: row.number("share", THOUSANDTH)),
        series(
            file,
            "reactive_energy",
            "reactive energy",
            lambda row: ReactivePrices(row.number("middle", MICRO), row.number("low", MICRO)),
        ),
    )


def _taxes(file: Path) -> Taxes:
    return Taxes(
        _tax(file, "electricity_tax", "electricity tax", lambda row: row.number("percent", PERCENT)),
        _tax(file, "electricity_tax_minimum", "electricity tax minimum", lambda row: row.number("eur_mwh", MICRO)),
        _tax(file, "consumption_tax", "consumption tax", lambda row: row.number("percent", PERCENT)),
    )


def _tax(file: Path, table: str, name: str, rate_of: Callable[[Row], int]) -> Tax:
    found = []
    for row in rows(file, table):
        rate = rate_of(row)
        called, meter_rate = row.take("name", str, name), row.number("meter_percent", PERCENT, rate)
        bounds = _bounds(row)
        if (row.status == CONDITIONAL) != (bounds.condition is not None):
            raise row.refused("a row is conditional if, and only if, it states its condition")
        found.append(row.rule(TaxRow(bounds, called, rate, meter_rate)))
    tax = Tax(name, tuple(found))
    try:
        tax.check()
    except Overlap as error:
        raise TariffError(f"{file.name}: {error}.") from None
    return tax


def _bounds(row: Row) -> Bounds:
    territories = row.take("territories", list, None)
    return Bounds(
        None if territories is None else frozenset(territories),
        row.number("up_to_kw", WATT, None),
        row.number("below_kw", WATT, None),
        row.take("use", str, None),
        row.take("ends_from", date, None),
        row.take("ends_until", date, None),
        row.take("condition", str, None),
    )
