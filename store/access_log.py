"""Who read whose data: one row for each answer that named an installation."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from store.instants import month_of

INSERT = "INSERT INTO access_log (installation_id, month, at, who, what) VALUES (%s, %s, %s, %s, %s)"


def record(session: Any, who: str, installation: str, what: str) -> None:
    """Note that ``who`` was given ``what`` of ``installation``, now. Returns before the row is written.

    ``who`` names a token or login, never the secret; ``what`` the question, such as ``energy``.
    """
    now = datetime.now(timezone.utc)
    session.execute_async(INSERT, (installation, month_of(now), now, who, what))
