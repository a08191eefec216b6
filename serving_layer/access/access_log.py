"""Who read whose data: rows of table ``access_log``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from store.instants import month_of

INSERT = "INSERT INTO access_log (installation_id, month, at, who, what) VALUES (?, ?, ?, ?, ?)"
EVERYBODY = "*"
"""``installation_id`` of an answer that named all installations at once."""


def values(who: str, installation: str, what: str) -> tuple[Any, ...]:
    """The values of :data:`INSERT`: ``who`` is given ``what`` of ``installation`` now.

    ``who`` names a login, never its secret; ``what`` the question, such as ``energy``.
    """
    now = datetime.now(timezone.utc)
    return (installation, month_of(now), now, who, what)
