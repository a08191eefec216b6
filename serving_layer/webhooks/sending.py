"""The threads that post new alarms to each webhook while the API runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from conf import Settings
from conf.refusal import Refusal
from serving_layer.access.door import note, visible
from serving_layer.access.person import Person, Webhook
from serving_layer.api.answers import text_of
from serving_layer.reader import Reader
from serving_layer.views import alarms
from serving_layer.webhooks import backlog as backlogs
from serving_layer.webhooks import signature
from serving_layer.webhooks.address import BadAddress, address_of
from serving_layer.webhooks.backlog import Backlog, Delivery
from serving_layer.webhooks.news import Event, key_of, news, still_open
from serving_layer.webhooks.post import Gone, NotDelivered, post

log = logging.getLogger(__name__)
EVERY_SECONDS = 3.0
TURN_SECONDS = 5.0
"""Longest sending of one turn: then the webhook's owner and what they may see are looked up anew."""
KEPT_EVERY = timedelta(minutes=1)
"""Interval at which the time of the last look is written to disk, where nothing else has changed."""
BEFORE = timedelta(days=35)
"""An alarm that was raised so long before an absence, and cleared in it, is still sent."""


class Outgoing:
    """One webhook of a person, and its backlog."""

    def __init__(self, settings: Settings, reader: Reader, path: Path) -> None:
        self._settings, self._reader, self._path = settings, reader, path
        self._backlog = backlogs.read(path)
        self._has_looked = False

    def turn(self, person: Person, webhook: Webhook, now: datetime) -> None:
        """Note what is new, then send what is due. Raises :class:`serving_layer.reader.StoreAway`."""
        before = self._backlog or Backlog(looked=webhook.since)
        if before.has_ended:
            return
        looked = self._look(before, person, webhook, now)
        if self._backlog is None or looked.looked - before.looked > KEPT_EVERY or _content(looked) != _content(before):
            self._keep(looked)
        end = time.monotonic() + TURN_SECONDS
        while self._backlog is not None and self._backlog.is_due(now) and time.monotonic() < end:
            self._keep(self._sent(self._backlog, webhook, now))

    def _look(self, before: Backlog, person: Person, webhook: Webhook, now: datetime) -> Backlog:
        seen = {str(each["installation_id"]) for each in visible(self._reader, person)}
        known = before.only_of(seen)
        standing = alarms.standing(self._reader, seen)
        ended = known.announced.difference(map(key_of, standing))
        starts = [each.raised_at for each in ended] + ([] if self._has_looked else [known.looked - BEFORE])
        past = alarms.history(self._reader, min(starts), now + timedelta(days=1), seen) if starts else []
        events = news(known.announced, standing, past, known.looked)
        note(self._reader, person, sorted({event.alarm["installation_id"] for event in events}), "webhook")
        self._has_looked = True
        deliveries = [_delivery(event, webhook, now) for event in events]
        return known.noted(still_open(known.announced, standing, past), deliveries, now)

    def _sent(self, known: Backlog, webhook: Webhook, now: datetime) -> Backlog:
        first = known.waiting[0]
        signed = signature.headers(webhook.secret, first.id, int(datetime.now(timezone.utc).timestamp()), first.body)
        try:
            post(address_of(webhook.url, self._settings.api.webhook_hosts), signed, first.body)
        except Gone as error:
            return known.ended(str(error))
        except (NotDelivered, BadAddress) as error:
            if not known.failures:
                log.warning("webhook %s: %s", webhook.id, error)
            return known.after_failure(str(error), now)
        return known.after_delivery(now)

    def _keep(self, changed: Backlog) -> None:
        backlogs.write(self._path, changed)
        self._backlog = changed


def _content(backlog: Backlog) -> tuple[object, ...]:
    return backlog.announced, backlog.waiting


def _delivery(event: Event, webhook: Webhook, now: datetime) -> Delivery:
    body = text_of({"type": event.type, "timestamp": now, "data": event.alarm})
    return Delivery(event.id_for(webhook.id), event.alarm["installation_id"], body, now)


class Sending(threading.Thread):
    """The thread that gives every webhook its turn, each in a thread of its own: a slow one holds up no other."""

    def __init__(self, settings: Settings, reader: Reader, people: Callable[[], Sequence[Person]]) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._people = people
        self._folder = backlogs.folder(settings)
        self._outgoing_of = partial(Outgoing, settings, reader)
        self._outgoing: dict[str, Outgoing] = {}
        self._busy: dict[str, threading.Thread] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Begin turns until stopped."""
        while not self._stopping.is_set():
            try:
                self._begin_turns()
            except Refusal as error:
                log.warning("no webhook is sent: %s", error)
            self._stopping.wait(EVERY_SECONDS)

    def stop(self, seconds: float) -> None:
        """Begin no turn any more, and wait so long for those at work; what is not sent by then waits on disk."""
        self._stopping.set()
        for each in list(self._busy.values()):
            each.join(seconds)

    def _begin_turns(self) -> None:
        given = {webhook.id: (person, webhook) for person in self._people() for webhook in person.webhooks}
        self._busy = {name: thread for name, thread in self._busy.items() if thread.is_alive()}
        self._forget(given)
        for name, (person, webhook) in given.items():
            if name not in self._busy:
                self._busy[name] = threading.Thread(target=self._turn, args=(person, webhook), daemon=True)
                self._busy[name].start()

    def _turn(self, person: Person, webhook: Webhook) -> None:
        if webhook.id not in self._outgoing:
            self._outgoing[webhook.id] = self._outgoing_of(self._folder / f"{webhook.id}.json")
        with suppress(Refusal):  # the store is away, which /healthz says
            self._outgoing[webhook.id].turn(person, webhook, datetime.now(timezone.utc))

    def _forget(self, given: dict[str, tuple[Person, Webhook]]) -> None:
        """Remove the backlogs of webhooks that were revoked."""
        for path in self._folder.glob("*.json"):
            if path.stem not in given and path.stem not in self._busy:
                path.unlink()
                self._outgoing.pop(path.stem, None)
