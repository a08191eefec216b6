"""A contract as Datadis states it (get-contract-detail), read leniently: nulls, blanks, one value for a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from energy.money.official.supply import StatedContract

FIELDS = (
    "cups", "marketer", "accessFare", "accesFare", "codeFare", "contractedPowerkW", "modePowerControl", "startDate",
    "endDate", "selfConsumptionTypeCode", "partitionCoefficient", "cau", "installedCapacityKW", "installedCapacity",
)  # fmt: skip
"""Fields that are read of a row; addresses and owners are not."""
CODES = {"2T": "2.0TD", "018": "2.0TD", "019": "3.0TD", "020": "6.1TD"}
"""``codeFare``: 2T as Datadis answers, the others of table 109 of the CNMC."""
CONTROLS = {"1": False, "ICP": False, "2": True}
YEARS = range(1990, 2100)
"""Years of a date that is one: 9999 stands for no end."""
_DATES = ("%Y/%m/%d", "%Y-%m-%d", "%d/%m/%Y")
_TARIFF = re.compile(r"([236])[.,]?([0-4]) ?TD", re.IGNORECASE)
MOST_KW = Decimal(1_000_000)


def contracts(rows: Iterable[Any]) -> list[StatedContract]:
    """The contracts in the rows of an answer, by their first day; rows of blanks are none."""
    found = [_contract(row) for row in rows if isinstance(row, Mapping)]
    stated = [each for each in found if each.power_kw or each.tariff or each.cau]
    return sorted(stated, key=lambda each: each.since or date.min)


def kept(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The fields of each row that are read."""
    return [{name: row[name] for name in FIELDS if name in row} for row in rows if isinstance(row, Mapping)]


def _contract(row: Mapping[str, Any]) -> StatedContract:
    installed = _numbers(row.get("installedCapacityKW") or row.get("installedCapacity"))
    return StatedContract(
        _text(row.get("cups")).upper(),
        _text(row.get("marketer")),
        _tariff(row),
        _numbers(row.get("contractedPowerkW")),
        _maximeter(_text(row.get("modePowerControl"))),
        _day(row.get("startDate")),
        _day(row.get("endDate")),
        _text(row.get("selfConsumptionTypeCode")).zfill(2) if _text(row.get("selfConsumptionTypeCode")) else "",
        _text(row.get("cau")).upper(),
        tuple(each if each <= 1 else each / 100 for each in _numbers(row.get("partitionCoefficient"))),
        installed[0] if installed else None,
    )


def _tariff(row: Mapping[str, Any]) -> str:
    code = _text(row.get("codeFare"))
    for text in (_text(row.get("accessFare")), _text(row.get("accesFare")), code):
        if named := _TARIFF.search(text):
            return f"{named[1]}.{named[2]}TD"
    return CODES.get(code.upper(), "")


def _maximeter(said: str) -> bool | None:
    plain = unicodedata.normalize("NFD", said).encode("ascii", "ignore").decode().upper()
    return True if plain.startswith("MAX") else CONTROLS.get(plain)


def _numbers(value: Any) -> tuple[Decimal, ...]:
    """The numbers above 0 that are stated, in order; in a list, alone, or in a text with decimal commas."""
    if isinstance(value, str):
        value = value.strip("[] ").split(";")
    values = value if isinstance(value, list) else [value]
    return tuple(number for each in values if (number := _number(each)) is not None and 0 < number < MOST_KW)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(value: Any) -> date | None:
    for form in _DATES:
        try:
            day = datetime.strptime(_text(value)[:10], form).date()  # noqa: DTZ007  a local day
        except ValueError:
            continue
        return day if day.year in YEARS else None
    return None


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
