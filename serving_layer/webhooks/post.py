"""The post of one delivery: within a bounded time, to the address that was checked, without following a redirect."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from conf.refusal import Refusal
from serving_layer.webhooks.address import Address, ip_address_of

LONGEST_SECONDS = 10.0
"""Seconds from the connection to the head of the answer; its body is not read."""
GONE = 410
"""HTTP's status Gone."""


class NotDelivered(Refusal):
    """The receiver has not taken a delivery; the text says how."""


class Gone(NotDelivered):
    """The receiver has answered 410: it wants no more deliveries."""


def post(address: Address, headers: Mapping[str, str], body: str) -> None:
    """Post ``body``, taken by an answer of 200 to 299. Raises :class:`NotDelivered`, :class:`Gone`.

    Raises :class:`serving_layer.webhooks.address.BadAddress`, too.
    """
    try:
        connection = _Connection(address, ip_address_of(address))
        status = _status(connection, address.target, dict(headers), body.encode())
    except (OSError, HTTPException, UnicodeError) as error:
        raise NotDelivered(f"no answer: {error or type(error).__name__}") from None
    if status == GONE:
        raise Gone(f"answered {GONE}: nothing more is sent")
    if not 200 <= status < 300:
        redirect = "; a redirect is not followed" if 300 <= status < 400 else ""
        raise NotDelivered(f"answered {status}{redirect}")


def _status(connection: _Connection, target: str, headers: dict[str, str], body: bytes) -> int:
    late = threading.Timer(LONGEST_SECONDS, connection.cut)
    late.start()
    try:
        connection.request("POST", target, body, {"content-type": "application/json", "user-agent": "Solera"} | headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        if connection.is_cut:
            raise TimeoutError(f"none within {LONGEST_SECONDS:g} s") from None
        raise
    finally:
        late.cancel()
        connection.close()


class _Connection(HTTPConnection):
    """Connects to ``number``, whatever its name leads to by now; its certificate must be that of its name."""

    def __init__(self, address: Address, number: str) -> None:
        super().__init__(address.host, address.port, timeout=LONGEST_SECONDS)
        self._address, self._number = address, number
        self.is_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._number, self._address.port), LONGEST_SECONDS)
        if self._address.scheme == "https":
            context = ssl.create_default_context()
            wrapped = context.wrap_socket(self.sock, server_hostname=self._address.host, do_handshake_on_connect=False)
            self.sock = wrapped
            wrapped.do_handshake()

    def cut(self) -> None:
        """End it from another thread."""
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
