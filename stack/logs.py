"""Logs of bounded size: a service's lines beyond it go to ``<name>.log.1``, which is replaced in turn."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LOG_BYTES = 32 << 20
"""A log that is larger is moved aside; two of each service are kept."""


def bound(folder: Path, most: int = LOG_BYTES) -> None:
    """Move aside every log of ``folder`` of more than ``most`` bytes; its writer goes on at the beginning.

    Writers append, so that a log can be emptied under them.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > most:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
