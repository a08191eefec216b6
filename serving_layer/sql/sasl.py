"""The server's side of a HiveServer2 login: SASL PLAIN over Thrift, with a token as password."""

from __future__ import annotations

import select
import socket
import struct
from io import BytesIO
from typing import NoReturn

from thrift.transport.TTransport import TTransportBase, TTransportException

from conf.refusal import Refusal
from serving_layer.access.logins import Logins

START, OK, BAD, COMPLETE = 1, 2, 3, 5
LOGIN_BYTES = 4096
"""Longest message of a login."""
FRAME_BYTES = 1024 * 1024
"""Longest frame a client may send: a statement of 64 KiB and its frame of words have room."""
MECHANISM = b"PLAIN"


class WrongLogin(Refusal):
    """A client without a token."""

    kind = "wrong-login"
    status = 401


class PlainLogin(TTransportBase):  # type: ignore[misc]
    """A transport on an accepted connection, of use after :meth:`log_in`; every frame has its length before it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = BytesIO()
        self._written = BytesIO()

    def log_in(self, logins: Logins) -> tuple[str, str]:
        """Ask for the login; the user's name, which is theirs to choose, and the token that is their password.

        Raises :class:`WrongLogin` where ``logins`` knows nobody with that token.
        """
        status, mechanism = self._message()
        if status != START or mechanism != MECHANISM:
            self._refuse("log in by SASL PLAIN")
        status, login = self._message()
        if status not in (OK, COMPLETE):
            self._refuse("log in by SASL PLAIN")
        (*_, user, password) = (b"", *login.split(b"\0"))
        token = password.decode(errors="replace")
        try:
            logins.enter(token)
        except Refusal:
            self._refuse("the password is the token, whatever the user's name")
        self._send(COMPLETE, b"")
        return user.decode(errors="replace"), token

    def _refuse(self, why: str) -> NoReturn:
        self._send(BAD, why.encode())
        raise WrongLogin(why)

    def _message(self) -> tuple[int, bytes]:
        status, length = struct.unpack(">BI", self._exactly(5))
        if length > LOGIN_BYTES:
            raise WrongLogin("a login has at most 4 KiB")
        return status, self._exactly(length)

    def _send(self, status: int, body: bytes) -> None:
        self._connection.sendall(struct.pack(">BI", status, len(body)) + body)

    def _exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            part = self._connection.recv(min(size, 65536))
            if not part:
                raise TTransportException(TTransportException.END_OF_FILE, "the client has closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next_frame(self) -> bytes:
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > FRAME_BYTES:
            raise TTransportException(TTransportException.SIZE_LIMIT, "a frame of more than 1 MiB")
        return self._exactly(length)

    def has_closed(self) -> bool:
        """Whether the client has closed the connection; nothing that it sent is taken."""
        try:
            # Behind TLS nothing can be looked at untaken, but a client that waits for an answer sends nothing else.
            readable, _, _ = select.select([self._connection], [], [], 0)
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def isOpen(self) -> bool:  # noqa: N802 - Thrift's name
        """Thrift's."""
        return True

    def read(self, size: int) -> bytes:
        """Thrift's: at most ``size`` bytes of what the client sent."""
        found = self._read.read(size)
        if not found and size:
            self._read = BytesIO(self._next_frame())
            found = self._read.read(size)
        return found

    def write(self, data: bytes) -> None:
        """Thrift's: keep ``data`` for the next :meth:`flush`."""
        self._written.write(data)

    def flush(self) -> None:
        """Thrift's: send what was written as one frame."""
        data = self._written.getvalue()
        self._written = BytesIO()
        self._connection.sendall(struct.pack(">I", len(data)) + data)

    def close(self) -> None:
        """Thrift's."""
        self._connection.close()
