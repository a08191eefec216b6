"""CUPS and CAU: what a supply and a collective self-consumption are called, with their check letters."""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.es import cups as cups_number
from stdnum.exceptions import ValidationError

SAME_SUPPLY = 20
"""Two CUPS that agree in so many characters are one supply; the two behind name a metering point."""
CAU = re.compile(r"(.{22})A[0-9]{3}")


class WrongNumber(ValueError):
    """A text that is no CUPS or CAU; it says what is wrong."""


@lru_cache(maxsize=10_000)
def cups(text: str) -> str:
    """The CUPS in capitals, without blanks: ES, 16 digits, two check letters, and maybe two more characters.

    Raises :class:`WrongNumber`.
    """
    try:
        return str(cups_number.validate(text.strip()))
    except ValidationError as error:
        raise WrongNumber(f"{text.strip()!r} is no CUPS: {error}") from None


def cau(text: str) -> str:
    """The CAU in capitals: a CUPS of 22 characters, A, and three digits. Raises :class:`WrongNumber`."""
    plain = text.strip().upper()
    found = CAU.fullmatch(plain)
    if found is None:
        raise WrongNumber(f"{plain!r} is no CAU: write a CUPS of 22 characters, A and three digits, 26 in all")
    cups(found[1])
    return plain


def supply(number: str) -> str:
    """The part of a CUPS of 20 or 22 characters that names the supply."""
    return number[:SAME_SUPPLY]
