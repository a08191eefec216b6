"""The memory that answers take until they are read or closed."""

from __future__ import annotations

import threading

from serving_layer.access.turns import Busy

HELD_BYTES = 512 * 1024 * 1024
"""Answers that clients have not read to the end or closed, all together."""


class Held:
    """Bytes of the answers that are held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def add(self, size: int) -> None:
        """Count ``size`` more, or less where it is negative. Raises :class:`Busy`."""
        with self._lock:
            if size > 0 and self._bytes + size > HELD_BYTES:
                raise Busy(
                    "The answers that are still open fill the server's memory; read and close some, or ask less."
                )
            self._bytes += size
