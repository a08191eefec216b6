"""The lines of a coefficient file, as leniently read as they come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from energy.money.community.agreement import ONE
from energy.money.community.numbers import WrongNumber, cups

BOM = b"\xef\xbb\xbf"
DECIMALS = 6
LONG_CUPS = 22
LONGEST_LINE = len("ES0021000000000001RK0F;0001;0,333333")
"""Longer ones are glued, or hold blanks."""
_GLUED = re.compile(r"(?<=\d)(?=ES\d{16}[A-Z]{2})", re.IGNORECASE)
_BETA = re.compile(r"([01])(?:[.,](\d+))?")
_HOUR = re.compile(r"\d{1,5}")


class CoefficientFileError(ValueError):
    """A line that can't be taken: the text names it, and its hour."""


class Cell(NamedTuple):
    """One coefficient in millionths, and where it stands; ``hour`` None: it is constant."""

    line: int
    cups: str
    hour: int | None
    beta: int

    @property
    def where(self) -> str:
        """Line and hour, as errors name them."""
        return f"line {self.line}" + ("" if self.hour is None else f", hour {self.hour:04d}")


def cells(content: bytes, said: dict[str, int]) -> Iterator[Cell]:
    """Every coefficient of a file; ``said`` takes what is not written as it should be, with the first line.

    Raises :class:`CoefficientFileError`.
    """
    if content.startswith(BOM):
        said.setdefault("it begins with a byte order mark", 1)
        content = content[len(BOM) :]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise CoefficientFileError("the file is no UTF-8 text; save it as UTF-8, or as plain text") from None
    if "\n" in text.replace("\r\n", ""):
        said.setdefault("lines end with LF alone", 1)
    for number, line in enumerate(text.splitlines(), start=1):
        parts = _GLUED.split(line) if len(line) > LONGEST_LINE else [line]
        if len(parts) > 1:
            said.setdefault("a line end is missing", number)
        for part in parts:
            if part and not part.isspace():
                yield _cell(number, part, said)


def _cell(number: int, text: str, said: dict[str, int]) -> Cell:
    fields = [part.strip() for part in text.split(";")]
    if len(fields) > 2 and not fields[-1]:
        said.setdefault("a semicolon ends it", number)
        fields.pop()
    if not fields[0] or len(fields) not in (2, 3):
        shown = text.strip()[:60]
        raise CoefficientFileError(f"line {number}: {shown!r} is not CUPS;coefficient or CUPS;hour;coefficient")
    named, *hours, value = fields
    if hours and not _HOUR.fullmatch(hours[0]):
        raise CoefficientFileError(f"line {number}: {hours[0]!r} is no hour; write 0001")
    hour = int(hours[0]) if hours else None
    try:
        supply, odd = _supply(named)
    except WrongNumber as error:
        raise CoefficientFileError(f"line {number}: {error}") from None
    try:
        beta = _beta(value)
    except ValueError as error:
        raise CoefficientFileError(f"{Cell(number, supply, hour, 0).where}: {error}") from None
    for what in odd:
        said.setdefault(what, number)
    if "." in value:
        said.setdefault("a coefficient has a decimal point", number)
    if " " in text or "\t" in text:
        said.setdefault("blanks stand beside a value", number)
    return Cell(number, supply, hour, beta)


@lru_cache(maxsize=10_000)
def _supply(text: str) -> tuple[str, tuple[str, ...]]:
    """The CUPS, and what is odd in how it is written. Raises :class:`WrongNumber`."""
    number = cups(text)
    odd = (("a CUPS is in small letters", text != text.upper()), ("a CUPS has 20 characters", len(number) < LONG_CUPS))
    return number, tuple(what for what, is_so in odd if is_so)


@lru_cache(maxsize=100_000)
def _beta(text: str) -> int:
    """Millionths. Raises ValueError."""
    found = _BETA.fullmatch(text)
    decimals = (found[2] or "") if found else ""
    if found is None or len(decimals) > DECIMALS:
        raise ValueError(f"{text!r} is no coefficient from 0 to 1 with at most six decimals")
    beta = int(found[1]) * ONE + int(decimals.ljust(DECIMALS, "0"))
    if beta > ONE:
        raise ValueError(f"{text!r} is above 1")
    return beta
