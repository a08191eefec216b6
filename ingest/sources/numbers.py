"""Numbers as sources write them: digits with a decimal comma or dot, and no thousands separators."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def number_of(text: str) -> float | None:
    """The number that ``text`` is, infinite where it is beyond all; None for anything else.

    What Python takes beside it (``1_0``, other scripts' digits, ``nan``) is none.
    """
    plain = text.strip()
    return float(plain.replace(",", ".")) + 0.0 if _NUMBER.fullmatch(plain) else None
