"""The log of who read whose data: rows of table ``access_log``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from serving_layer.instants import Span
from serving_layer.reader import Reader
from store.instants import month_of, months, utc

INSERT = "INSERT INTO access_log (installation_id, month, at, who, what) VALUES (?, ?, ?, ?, ?)"
SQL = "sql"
"""``who`` of a statement, before the name under which its asker has logged in."""
LONGEST = 1_000
"""Characters of a name or a statement that are kept."""
EVERYBODY = "*"
"""``installation_id`` of an answer that named all installations at once."""
COLUMNS = ("at", "who", "what", "of_all")
_ROWS = "SELECT at, who, what FROM access_log WHERE installation_id = ? AND month = ? AND at >= ? AND at < ?"


def statement_values(user: str, statement: str, installation: str = EVERYBODY) -> tuple[Any, ...]:
    """The values of :data:`INSERT` of ``statement``, which ``user`` asks about ``installation`` among others."""
    return values(f"{SQL} {user[:LONGEST]}", installation, " ".join(statement.split())[:LONGEST])


def values(who: str, installation: str, what: str) -> tuple[Any, ...]:
    """The values of :data:`INSERT`: ``who`` is given ``what`` of ``installation`` now.

    ``who`` names a login, never its secret; ``what`` the question, such as ``energy``.
    """
    now = datetime.now(timezone.utc)
    return (installation, month_of(now), now, who, what)


def read(reader: Reader, installation_id: str, span: Span) -> list[dict[str, Any]]:
    """Reads of an installation within ``span`` (UTC), by whom and of what, the newest first.

    ``of_all`` marks what was given of all installations together; the text of a statement is not told, for it may name
    others.
    """
    found = []
    for name in (installation_id, EVERYBODY):
        of_all = name == EVERYBODY
        for row in (row for rows in reader.each(_ROWS, [(name, m, *span) for m in months(*span)]) for row in rows):
            what = SQL if row.who.startswith(f"{SQL} ") else row.what
            found.append({"at": utc(row.at), "who": row.who, "what": what, "of_all": of_all})
    return sorted(found, key=lambda row: (row["at"], row["who"], row["what"]), reverse=True)
