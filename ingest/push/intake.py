"""Keeps what is pushed: on the disk before it is acknowledged, at a bounded pace a site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from conf.refusal import Refusal
from ingest.gateway.outbox import Outbox, OutboxFullError
from ingest.publishing.message import Message
from ingest.push.tokens import Site

BURST_SECONDS = 10.0
"""A site that was silent may push as much at once as its pace allows in so long a time."""


class TooFast(Refusal):
    """A site pushes more than its pace allows; nothing of the request is kept."""

    kind = "too-fast"
    status = 429
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "10"})


class IntakeFull(Refusal):
    """Nothing more can be kept; nothing of the request is."""

    kind = "outbox-full"
    status = 503
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "60"})


class Intake:
    """Takes messages of sites into ``outbox``, of each at most ``per_second``; ``on_kept`` is called after each."""

    def __init__(
        self,
        outbox: Outbox,
        per_second: float,
        on_kept: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accepted = 0
        self.error: str | None = None
        """The reason why nothing more is kept."""
        self._outbox, self._per_second, self._on_kept, self._clock = outbox, per_second, on_kept, clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}
        """Readings that each token may push, and the instant at which that was so."""

    def keep(self, site: Site, messages: Sequence[Message]) -> None:
        """Return once ``messages`` are on the disk, all or none. Raises :class:`TooFast`, :class:`IntakeFull`."""
        self._spend(site, len(messages))
        try:
            self._outbox.keep(messages)
        except OutboxFullError as error:
            self.error = str(error)
            raise IntakeFull(f"Nothing is taken now ({error}); keep the readings and send them again.") from None
        self.error = None
        self.accepted += len(messages)
        self._on_kept()

    def _spend(self, site: Site, count: int) -> None:
        """A batch of any size may begin while something is left; what it takes beyond that is waited for."""
        with self._lock:
            now = self._clock()
            most = self._per_second * BURST_SECONDS
            left, at = self._left.get(site.token_hash, (most, now))
            left = min(most, left + (now - at) * self._per_second)
            if left <= 0:
                raise TooFast(
                    f"More than {self._per_second:g} readings a second: wait {-left / self._per_second:.0f} s or more."
                )
            self._left[site.token_hash] = left - count, now
