"""The statements of a file of SQL."""

from __future__ import annotations

import re


def statements_of(text: str, **names: str) -> list[str]:
    """The statements of ``text`` with its ``{names}`` filled in, without comments."""
    plain = re.sub(r"--.*", "", text).format(**names)
    return [statement.strip() for statement in plain.split(";") if statement.strip()]
