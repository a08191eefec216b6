"""Where the gateway's readings go: to Kafka, or over HTTPS to the push server of another machine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests

from conf import Settings
from conf.refusal import Refusal
from ingest.gateway.sender import Connect, to_kafka
from ingest.publishing.message import Message, PublishError

BATCH = 200
"""Readings of one request."""
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0


class UnsafeAddress(Refusal):
    """An address over which the token would travel in the clear, or that is none."""


def delivery(settings: Settings) -> Connect:
    """As the settings say. Raises :class:`UnsafeAddress`."""
    address = settings.gateway.deliver_to
    if not address:
        return to_kafka(settings)
    _check(address)
    token = settings.gateway.token.get_secret_value()
    return lambda: HttpDelivery(address, token)


class HttpDelivery:
    """Posts readings to the push server at ``address``, with a site's ``token``."""

    def __init__(self, address: str, token: str) -> None:
        self._url = address.rstrip("/") + "/v1/readings"
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})

    def send(self, messages: Sequence[Message]) -> None:
        """Return once the server has all ``messages`` on its disk; raises :class:`PublishError`."""
        for begin in range(0, len(messages), BATCH):
            if fault := self._post(messages[begin : begin + BATCH]):
                acknowledged = [number < begin for number in range(len(messages))]
                raise PublishError(f"{self._url} took {begin} of {len(messages)} readings: {fault}", acknowledged)

    def _post(self, batch: Sequence[Message]) -> str:
        """Empty where the batch is taken, else why not."""
        body = b"[" + b",".join(message.value for message in batch) + b"]"
        wait = (CONNECT_SECONDS, ANSWER_SECONDS)
        try:
            answer = self._session.post(self._url, data=body, timeout=wait, allow_redirects=False)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__})"
        return "" if answer.status_code == requests.codes.accepted else _said(answer)


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
