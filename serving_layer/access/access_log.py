"""Who read whose data: rows of table ``access_log``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from store.instants import month_of

INSERT = "INSERT INTO access_log (installation_id, month, at, who, what) VALUES (?, ?, ?, ?, ?)"
SQL = "sql"
"""``who`` of a statement, before the name under which its asker has logged in."""
LONGEST = 1_000
"""Characters of a name or a statement that are kept."""
EVERYBODY = "*"
"""``installation_id`` of an answer that named all installations at once."""


def statement_values(user: str, statement: str) -> tuple[Any, ...]:
    """The values of :data:`INSERT` of ``statement``, which a client that calls itself ``user`` asks."""
    return values(f"{SQL} {user[:LONGEST]}", EVERYBODY, " ".join(statement.split())[:LONGEST])


def values(who: str, installation: str, what: str) -> tuple[Any, ...]:
    """The values of :data:`INSERT`: ``who`` is given ``what`` of ``installation`` now.

    ``who`` names a login, never its secret; ``what`` the question, such as ``energy``.
    """
    now = datetime.now(timezone.utc)
    return (installation, month_of(now), now, who, what)
