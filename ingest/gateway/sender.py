"""The thread that empties the outbox, oldest first, for as long as its process runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from conf import Settings
from ingest.gateway.outbox import Outbox, OutboxFullError
from ingest.publishing.message import Message, PublishError

log = logging.getLogger("gateway")
BATCH = 5000
PAUSE_SECONDS = 1.0
"""Pause between attempts while the broker is away."""
WAIT_SECONDS = 5.0


class Delivery(Protocol):
    """The place where messages are sent."""

    def send(self, messages: Sequence[Message]) -> None:
        """Return once all ``messages`` are acknowledged, in order; raises :class:`PublishError`."""
        ...


Connect = Callable[[], Delivery]


def to_kafka(settings: Settings) -> Connect:
    """Delivery to the brokers."""
    # Kafka's clients are not loaded where readings go elsewhere.
    from ingest.publishing.live import Publisher

    return partial(Publisher, settings, WAIT_SECONDS)


class Sender(threading.Thread):
    """Sends what ``outbox`` holds by what ``connect`` gives; :meth:`wake` tells it that there is more."""

    def __init__(self, outbox: Outbox, connect: Connect) -> None:
        super().__init__(name="sender", daemon=True)
        self.sent = 0
        self.error: str | None = None
        self._outbox, self._connect = outbox, connect
        self._delivery: Delivery | None = None
        self._more, self._stopping = threading.Event(), threading.Event()

    def wake(self) -> None:
        """Note that there is something to send."""
        self._more.set()

    def stop(self, seconds: float) -> None:
        """Send what can be sent within ``seconds``, then end; the rest stays in the outbox."""
        self._stopping.set()
        self._more.set()
        self.join(seconds)

    def run(self) -> None:
        """Send a batch, delete it, wait for more, until stopped."""
        while True:
            self._more.clear()
            try:
                while self._send_batch():
                    pass
                self._say(None)
            except (PublishError, OutboxFullError) as error:
                self._say(str(error))
                self._delivery = None
                if self._stopping.wait(PAUSE_SECONDS):
                    return
                continue
            if self._stopping.is_set():
                return
            self._more.wait()

    def _send_batch(self) -> bool:
        batch = self._outbox.oldest(BATCH)
        if not batch:
            return False
        if self._delivery is None:
            self._delivery = self._connect()
        try:
            self._delivery.send([kept.message for kept in batch])
        except PublishError as error:
            done = [kept for kept, there in zip(batch, error.acknowledged, strict=False) if there]
            self.sent += self._outbox.delete(done)
            raise
        self.sent += self._outbox.delete(batch)
        return True

    def _say(self, error: str | None) -> None:
        if error and not self.error:
            log.warning("%s; %d messages wait in the outbox", error, self._outbox.count)
        if self.error and not error:
            log.info("messages are taken again; the outbox is empty")
        self.error = error
