"""The delivery of the gateway's readings: to Kafka, or over HTTPS to the push server of another machine."""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests

from conf import Settings
from conf.refusal import Refusal
from ingest.gateway.sender import Connect, to_kafka
from ingest.gateway.unsent import RefusedReading
from ingest.publishing.message import Message, PublishError

log = logging.getLogger("gateway")
SetAside = Callable[[Sequence[RefusedReading]], None]
BATCH = 200
"""Readings of one request."""
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
REFUSED = (403, 413, 422)
"""Answers that will be the same next time, for one reading of a batch or for all."""
SEARCH_SECONDS = 60.0
"""Seconds from one search for the refused readings of a batch to the next, where none is taken."""


class UnsafeAddress(Refusal):
    """An address over which the token would travel in the clear, or that is none."""


class _NotTaken(Exception):
    """Readings that are not on the server's disk; the text says why."""


class _Refused(_NotTaken):
    """Readings of which one at least will never be taken."""


def delivery(settings: Settings, set_aside: SetAside) -> Connect:
    """The delivery by the settings; what a push server refuses goes to ``set_aside``. Raises :class:`UnsafeAddress`."""
    address = settings.gateway.deliver_to
    if not address:
        return to_kafka(settings)
    _check(address)
    made = HttpDelivery(address, settings.gateway.token.get_secret_value(), set_aside)
    return lambda: made


class HttpDelivery:
    """Posts readings to the push server at ``address``, with a site's ``token``; what it refuses goes to ``set_aside``.

    Where others are taken, a refusal is about the reading. Where none is, it may be about the token or the server's
    version: then all wait.
    """

    def __init__(self, address: str, token: str, set_aside: SetAside) -> None:
        self._url, self._set_aside = address.rstrip("/") + "/v1/readings", set_aside
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        self._searched: float | None = None
        """The instant at which a batch was last refused one by one."""

    def send(self, messages: Sequence[Message]) -> None:
        """Return once all ``messages`` are on the server's disk, or set aside; raises :class:`PublishError`."""
        done = [False] * len(messages)
        try:
            for begin in range(0, len(messages), BATCH):
                self._deliver(messages, range(begin, min(begin + BATCH, len(messages))), done)
        except _NotTaken as fault:
            said = f"{self._url} took {sum(done)} of {len(messages)} readings: {fault}"
            raise PublishError(said, done) from None

    def _deliver(self, messages: Sequence[Message], places: range, done: list[bool]) -> None:
        """Note in ``done`` which of those at ``places`` are taken or set aside. Raises :class:`_NotTaken`."""
        refused: dict[int, str] = {}
        self._halve(messages, places, done, refused)
        if not refused:
            return
        first = next(iter(refused.values()))
        if not any(done):
            self._searched = time.monotonic()
            raise _NotTaken(first)
        self._set_aside([RefusedReading(messages[place], reason) for place, reason in refused.items()])
        log.error("%d readings are refused and set aside: %s", len(refused), first)
        for place in refused:
            done[place] = True

    def _halve(self, messages: Sequence[Message], places: range, done: list[bool], refused: dict[int, str]) -> None:
        """Post those at ``places``, in order; halves of what is refused, down to the readings that are."""
        try:
            self._post([messages[place] for place in places])
        except _Refused as refusal:
            if self._waits() and not any(done):
                raise
            if len(places) == 1:
                refused[places.start] = str(refusal)
                return
            middle = places.start + len(places) // 2
            self._halve(messages, range(places.start, middle), done, refused)
            self._halve(messages, range(middle, places.stop), done, refused)
        else:
            done[places.start : places.stop] = [True] * len(places)

    def _waits(self) -> bool:
        """Whether it is too early to look again for the refused ones in a batch of which none was taken."""
        return self._searched is not None and time.monotonic() < self._searched + SEARCH_SECONDS

    def _post(self, batch: Sequence[Message]) -> None:
        """Return once ``batch`` is taken. Raises :class:`_NotTaken`."""
        body = b"[" + b",".join(message.value for message in batch) + b"]"
        wait = (CONNECT_SECONDS, ANSWER_SECONDS)
        try:
            answer = self._session.post(self._url, data=body, timeout=wait, allow_redirects=False)
        except requests.RequestException as error:
            raise _NotTaken(f"no answer ({type(error).__name__})") from None
        if answer.status_code == requests.codes.accepted:
            return
        # A proxy's own refusal says nothing of the readings.
        is_servers = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        raise (_Refused if is_servers and answer.status_code in REFUSED else _NotTaken)(_said(answer))


def _said(answer: requests.Response) -> str:
    try:
        detail = str(json.loads(answer.content)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = answer.reason
    return f"HTTP {answer.status_code}, {detail[:300]}"


def _check(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return
    raise UnsafeAddress(
        f"gateway.deliver_to is {address!r}: write https://… (plain http shows the token to the network; it is taken "
        "for loopback alone, as at the end of a tunnel)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
