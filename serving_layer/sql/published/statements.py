"""The statements of a file of SQL."""

from __future__ import annotations

import re

from serving_layer.sql.readonly import DATABASE


def statements_of(text: str, in_database: str, **names: str) -> list[str]:
    """The statements of ``text`` with its ``{names}`` filled in, without comments, that make views in a database."""
    moved = re.sub(rf"\b{DATABASE}\.", f"{in_database}.", re.sub(r"--.*", "", text))
    plain = moved.format(**names)
    return [statement.strip() for statement in plain.split(";") if statement.strip()]
