"""One asks the sources at a time on this machine: two would spend the same budget."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from conf import Settings
from ingest.sources.source import SourceError

BY_HAND_SECONDS, BY_ITSELF_SECONDS = 10.0, 120.0
"""Seconds that a person, and that the night waits for its turn."""
_LOOK_SECONDS = 0.2


class SourcesAsked(SourceError):
    """Somebody else asks the sources; the text says what to do."""


@contextmanager
def alone(settings: Settings, patience: float) -> Iterator[None]:
    """Wait at most ``patience`` seconds until nobody else asks. Raises :class:`SourcesAsked`."""
    path = settings.home / "run" / "sources.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    with path.open("w") as lock:
        while not _is_taken(lock.fileno()):
            if time.monotonic() >= until:
                raise SourcesAsked(
                    f"The sources are being asked by the night or another command, for more than {patience:.0f} s. "
                    "Ask again later."
                )
            time.sleep(_LOOK_SECONDS)
        yield


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
