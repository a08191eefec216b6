"""Takes an installation out of what the gateway keeps on disk; a gateway at work sees it at its next write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.gateway.remembered import remember, remembered

WAIT_SECONDS = 30.0
"""How long another's write into the outbox is waited for."""


def remove_installation(home: Path, installation: str) -> int:
    """Remove the messages of ``installation`` from the outbox below ``home``, and its devices from those remembered.

    Returns how many messages were removed; none where no gateway has ever run there.
    """
    if devices := remembered(home):
        remember(home, [device for device in devices if device.installation_id != installation])
    outbox = home / "gateway" / "outbox.sqlite"
    if not outbox.exists():
        return 0
    with closing(sqlite3.connect(outbox, timeout=WAIT_SECONDS)) as base, base:
        return base.execute("DELETE FROM message WHERE key = ?", (installation.encode(),)).rowcount
