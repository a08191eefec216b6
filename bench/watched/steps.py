"""What each step of a night takes."""

from __future__ import annotations

import time
from collections.abc import Callable


def timed(keep: Callable[[str, float], None]) -> Callable[[str], None]:
    """A night's report that gives ``keep`` the name of each step and its seconds as it is done."""
    last = time.monotonic()

    def note(text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if not text.startswith("run "):
            keep(text.partition(":")[0], now - last)
        last = now

    return note
