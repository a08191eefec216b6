"""The coefficient file ``{CAU}_{year}.txt``, read leniently and written strictly.

Constant coefficients are lines ``CUPS;0,333333``, variable ones ``CUPS;0001;0,333333``, hour by hour. Written: UTF-8
without a byte order mark, CRLF behind each line but the last, six decimals with a comma, CUPS of 22 characters. Read:
also LF, a byte order mark, decimal points, blanks, lower case, CUPS of 20 characters, members
one after the other, and hours glued to each other because a line end is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from energy.money.community import coefficient_lines as lines
from energy.money.community.agreement import ONE, AgreementError, Version
from energy.money.community.coefficient_lines import LONG_CUPS, Cell, CoefficientFileError
from energy.money.community.hours import hours_of
from energy.money.community.numbers import supply

MISSING = -1


@dataclass(frozen=True)
class Coefficients:
    """Coefficients that a file states, in millionths, by CUPS: one value a member, or one an hour."""

    constant: Mapping[str, int] = field(default_factory=dict)
    hourly: Mapping[str, Sequence[int]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """Lines that were taken although they are not written as they should be."""

    @property
    def members(self) -> tuple[str, ...]:
        """The members' CUPS, in order."""
        return tuple(sorted(self.constant or self.hourly))

    def check(self, year: int) -> None:
        """Raise :class:`CoefficientFileError` where an hour lacks a member or does not add up to 1."""
        version = Version(date(year, 1, 1), self.constant, {year: self.hourly} if self.hourly else {})
        try:
            version.check()
        except AgreementError as error:
            raise CoefficientFileError(str(error)) from None


def read(content: bytes, year: int) -> Coefficients:
    """The coefficients in a file's ``content``. Raises :class:`CoefficientFileError`."""
    said: dict[str, int] = {}
    cells = list(lines.cells(content, said))
    if not cells:
        raise CoefficientFileError("the file has no line")
    for cell in cells:
        if (cell.hour is None) != (cells[0].hour is None):
            raise CoefficientFileError(f"{cell.where}: constant and hourly coefficients stand in one file")
    cells = _one_spelling(cells)
    constant = _constant(cells) if cells[0].hour is None else {}
    hourly = {} if constant else _hourly(cells, year, said)
    found = Coefficients(constant, hourly, tuple(f"line {line}: {what}" for what, line in said.items()))
    found.check(year)
    return found


def _one_spelling(cells: Sequence[Cell]) -> list[Cell]:
    """Each supply by the longest of its CUPS."""
    longest: dict[str, str] = {}
    for number in sorted({cell.cups for cell in cells}, key=len):
        longest[supply(number)] = number
    return [
        cell if longest[supply(cell.cups)] == cell.cups else cell._replace(cups=longest[supply(cell.cups)])
        for cell in cells
    ]


def write(of: Coefficients, year: int) -> bytes:
    """The file's bytes. Raises :class:`CoefficientFileError` where an hour does not add up to 1, or a CUPS is short."""
    of.check(year)
    short = [member for member in of.members if len(member) != LONG_CUPS]
    if short:
        raise CoefficientFileError(f"{short[0]} has {len(short[0])} characters; the file takes CUPS of {LONG_CUPS}")
    if of.constant:
        written = [f"{member};{_decimal(of.constant[member])}" for member in of.members]
    else:
        written = [
            f"{member};{hour + 1:04d};{_decimal(of.hourly[member][hour])}"
            for hour in range(hours_of(year))
            for member in of.members
        ]
    return "\r\n".join(written).encode()


def _decimal(beta: int) -> str:
    return f"{beta // ONE},{beta % ONE:06d}"


def _constant(cells: Sequence[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for cell in cells:
        if cell.cups in found:
            raise CoefficientFileError(f"{cell.where}: {cell.cups} stands in the file already")
        found[cell.cups] = cell.beta
    if sum(found.values()) != ONE:
        last = cells[-1].line
        raise CoefficientFileError(f"lines 1 to {last}: coefficients add up to {sum(found.values()) / ONE:f}, not to 1")
    return found


def _hourly(cells: Sequence[Cell], year: int, said: dict[str, int]) -> dict[str, list[int]]:
    number = hours_of(year)
    found: dict[str, list[int]] = {cell.cups: [MISSING] * number for cell in cells}
    first: dict[int, Cell] = {}
    before = 0
    for cell in cells:
        hour = cell.hour or 0
        if not 1 <= hour <= number:
            raise CoefficientFileError(f"{cell.where}: {year} has the hours 0001 to {number}")
        if found[cell.cups][hour - 1] != MISSING:
            raise CoefficientFileError(f"{cell.where}: {cell.cups} has this hour already")
        found[cell.cups][hour - 1] = cell.beta
        if hour not in first:
            first[hour] = cell
        if hour < before:
            said.setdefault("it is not in the order of the hours", cell.line)
        before = hour
    for hour, betas in enumerate(zip(*found.values(), strict=True), start=1):
        if MISSING in betas:
            member = list(found)[betas.index(MISSING)]
            where = _place(first, hour, cells[-1]).where
            raise CoefficientFileError(f"{where}: {member} has no coefficient in this hour")
        if sum(betas) != ONE:
            raise CoefficientFileError(f"{first[hour].where}: coefficients add up to {sum(betas) / ONE:f}, not to 1")
    return found


def _place(first: Mapping[int, Cell], hour: int, last: Cell) -> Cell:
    """The first line of an hour; of one that is nowhere that of the hour before which it is missing, or the last."""
    later = min((each for each in first if each >= hour), default=None)
    return (last if later is None else first[later])._replace(hour=hour)
