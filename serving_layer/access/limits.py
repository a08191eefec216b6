"""Limits of how often somebody may ask: a bucket for each, which fills evenly and holds a burst."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from conf.refusal import Refusal

KEPT = 10_000
"""Keys beyond which those whose bucket is full again are forgotten."""


class TooMany(Refusal):
    """More questions than the asker may have; a second later the next is answered."""

    kind = "too-many-requests"
    status = 429
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "1"})


class Buckets:
    """``per_minute`` of each key, ``burst`` at once."""

    def __init__(self, per_minute: float, burst: float) -> None:
        self._per_second, self._burst = per_minute / 60, burst
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> bool:
        """Take one of ``key``; False where none is left."""
        with self._lock:
            left = self._now(key)
            if left >= 1.0:
                self._left[key] = (left - 1.0, time.monotonic())
            if len(self._left) > KEPT:
                self._left = {key: kept for key, kept in self._left.items() if self._now(key) < self._burst}
            return left >= 1.0

    def give_back(self, key: str) -> None:
        """Count the last one of ``key`` as not taken."""
        with self._lock:
            self._left[key] = (min(self._burst, self._now(key) + 1.0), time.monotonic())

    def _now(self, key: str) -> float:
        left, at = self._left.get(key, (self._burst, 0.0))
        return min(self._burst, left + (time.monotonic() - at) * self._per_second)
