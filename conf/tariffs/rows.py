"""Rows of the tariff files: what each must state, in whole units, or a refusal that names file, table and row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from conf.refusal import Refusal
from energy.money.dated import CONDITIONAL, IN_FORCE, Dated, Overlap, Rule, dated
from energy.money.exact import NotExact, whole

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]

Value = TypeVar("Value")


class TariffError(Refusal):
    """A row of the tariff files that can't be taken."""


class Row:
    """One row of a table; it is read field by field, and then has none left."""

    def __init__(self, where: str, fields: Mapping[str, Any]) -> None:
        self._where, self._fields = where, dict(fields)
        self.since: date = self.take("from", date)
        self.until: date | None = self.take("until", date, None)
        self.source: str = self.take("source", str)
        self.status: str = self.take("status", str)
        if self.status not in (IN_FORCE, CONDITIONAL) or not self.source:
            raise self.refused(f"status must be {IN_FORCE!r} or {CONDITIONAL!r}, and source name the text")

    def take(self, name: str, kind: type, *default: Any) -> Any:
        """The field ``name``, of ``kind``; without a default it must be there."""
        if name not in self._fields:
            if default:
                return default[0]
            raise self.refused(f"{name} is missing")
        value = self._fields.pop(name)
        if type(value) is int and kind is Decimal:
            return Decimal(value)
        if type(value) is not kind:
            raise self.refused(f"{name} must be written as {kind.__name__}, not {value!r}")
        return value

    def number(self, name: str, unit: int, *default: int | None) -> Any:
        """The number ``name`` in whole units of 1/``unit``, not below 0."""
        if default and name not in self._fields:
            return default[0]
        return self._whole(name, self.take(name, Decimal), unit)

    def numbers(self, name: str, unit: int, count: int) -> tuple[int, ...]:
        """Numbers, one for each period."""
        values = self.take(name, list)
        if len(values) != count:
            raise self.refused(f"{name} has {len(values)} values, there are {count} periods")
        return tuple(self._whole(name, Decimal(value), unit) for value in values)

    def rest(self) -> dict[str, Any]:
        """The fields that were not asked for, which are thereby taken."""
        found, self._fields = self._fields, {}
        return found

    def rule(self, value: Value) -> Rule[Value]:
        """The row as a rule with ``value``. Refuses fields that nobody asked for."""
        if self._fields:
            raise self.refused(f"there is no field {', '.join(sorted(self._fields))}")
        return Rule(self.since, self.until, value, self.source, self.status)

    def refused(self, why: str) -> TariffError:
        """The error to raise."""
        return TariffError(f"{self._where}: {why}.")

    def _whole(self, name: str, number: Decimal, unit: int) -> int:
        try:
            value = whole(number, unit)
        except NotExact as error:
            raise self.refused(f"{name}: {error}") from None
        if value < 0:
            raise self.refused(f"{name} is below 0")
        return value


def read(path: Path) -> dict[str, Any]:
    """The tables of a file. Raises :class:`TariffError`."""
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))
    except OSError as error:
        raise TariffError(f"{path.name} can't be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise TariffError(f"{path.name} is no TOML: {error}.") from None


def rows(path: Path, table: str) -> Iterator[Row]:
    """The rows of one table. Raises :class:`TariffError`."""
    content = read(path).get(table)
    if not isinstance(content, list) or not content:
        raise TariffError(f"{path.name} has no rows of {table}.")
    for number, fields in enumerate(content, start=1):
        yield Row(f"{path.name}, {table}, row {number}", fields)


def series(path: Path, table: str, name: str, value: Callable[[Row], Value]) -> Dated[Value]:
    """A table whose rows follow each other. Raises :class:`TariffError`."""
    return ordered(name, [row.rule(value(row)) for row in rows(path, table)])


def ordered(name: str, found: list[Rule[Value]]) -> Dated[Value]:
    """The rules in order. Raises :class:`TariffError` where two hold on one day."""
    try:
        return dated(name, found)
    except Overlap as error:
        raise TariffError(f"{error}.") from None
