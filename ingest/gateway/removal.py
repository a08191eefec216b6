"""Takes an installation out of what gateway and push server keep on disk; one at work sees it at its next write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.gateway import unsent
from ingest.gateway.remembered import remember, remembered

WAIT_SECONDS = 30.0
"""Seconds that another's write into the outbox is waited for."""


def remove_installation(home: Path, installation: str) -> int:
    """Remove the messages of ``installation`` from the outboxes below ``home``, and its devices from those remembered.

    Returns how many messages were removed; none where neither has ever run there.
    """
    if devices := remembered(home):
        remember(home, [device for device in devices if device.installation_id != installation])
    return sum(_remove(home / owner / "outbox.sqlite", installation) for owner in ("gateway", "push"))


def _remove(outbox: Path, installation: str) -> int:
    if not outbox.exists():
        return 0
    with closing(sqlite3.connect(outbox, timeout=WAIT_SECONDS)) as base:
        with base:
            unsent.create(base)
            removed = sum(
                base.execute(f"DELETE FROM {table} WHERE key = ?", (installation.encode(),)).rowcount  # noqa: S608
                for table in ("message", "refused")
            )
        # The log beside the file holds what was deleted until it is written over.
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return removed
