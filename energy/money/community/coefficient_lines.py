"""The lines of a coefficient file, as leniently read as they come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from energy.money.community.agreement import ONE
from energy.money.community.numbers import WrongNumber, cups

BOM = b"\xef\xbb\xbf"
DECIMALS = 6
LONG_CUPS = 22
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
        raise CoefficientFileError("the file is no UTF-8 text") from None
    if "\n" in text.replace("\r\n", ""):
        said.setdefault("lines end with LF alone", 1)
    for number, line in enumerate(text.splitlines(), start=1):
        parts = _GLUED.split(line)
        if len(parts) > 1:
            said.setdefault("a line end is missing", number)
        for part in parts:
            if part.strip():
                yield _cell(number, part, said)


def _cell(number: int, text: str, said: dict[str, int]) -> Cell:
    fields = [part.strip() for part in text.split(";")]
    if len(fields) not in (2, 3):
        raise CoefficientFileError(
            f"line {number}: {text.strip()[:60]!r} is not CUPS;coefficient or CUPS;hour;coefficient"
        )
    hour = None
    if len(fields) == 3:
        if not _HOUR.fullmatch(fields[1]):
            raise CoefficientFileError(f"line {number}: {fields[1]!r} is no hour; write 0001")
        hour = int(fields[1])
    try:
        number_of_supply = cups(fields[0])
    except WrongNumber as error:
        raise CoefficientFileError(f"line {number}: {error}") from None
    for what, is_so in (
        (
            "blanks stand beside a value",
            text != text.strip() or any(f != p for f, p in zip(fields, text.split(";"), strict=True)),
        ),
        ("a CUPS is in small letters", fields[0] != fields[0].upper()),
        ("a CUPS has 20 characters", len(number_of_supply) < LONG_CUPS),
        ("a coefficient has a decimal point", "." in fields[-1]),
    ):
        if is_so:
            said.setdefault(what, number)
    cell = Cell(number, number_of_supply, hour, 0)
    return cell._replace(beta=_beta(cell, fields[-1]))


def _beta(cell: Cell, text: str) -> int:
    found = _BETA.fullmatch(text)
    decimals = (found[2] or "") if found else ""
    if found is None or len(decimals) > DECIMALS:
        raise CoefficientFileError(f"{cell.where}: {text!r} is no coefficient from 0 to 1 with at most six decimals")
    beta = int(found[1]) * ONE + int(decimals.ljust(DECIMALS, "0"))
    if beta > ONE:
        raise CoefficientFileError(f"{cell.where}: {text!r} is above 1")
    return beta
