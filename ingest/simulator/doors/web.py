"""Services over HTTP at one port of loopback: each answers what is asked of it, and leaves the rest to the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from conf.refusal import Refusal

HOST = "127.0.0.1"
LONGEST_BYTES = 65_536
"""The size of a body: what is posted is a login."""


class PortTaken(Refusal):
    """Somebody listens at a port that a door needs."""

    @classmethod
    def at(cls, port: int) -> PortTaken:
        """The error of ``port``, and what to do."""
        return cls(f"port {port} on {HOST} is taken; free it or set SOLERA_PORT_OFFSET")


class Asked(NamedTuple):
    """A request: its method, its target as it stands, path and query, headers, and the form in its body."""

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Message
    form: Mapping[str, str]


class Answer(NamedTuple):
    """Status, body and its type, other headers; a status of 0 drops the connection."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


Door = Callable[[Asked], Answer | None]
"""Answers a request; None where it is none of this service's."""


class Server(ThreadingHTTPServer):
    """The ``doors`` of several services at ``port``, 0 for any. Raises :class:`PortTaken`."""

    daemon_threads = True

    def __init__(self, doors: Sequence[Door], port: int = 0) -> None:
        self.doors = doors
        try:
            super().__init__((HOST, port), _Handler)
        except OSError:
            raise PortTaken.at(port) from None

    @property
    def base(self) -> str:
        """The address before every path."""
        return f"http://{HOST}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = self.headers["Content-Length"] or ""
        count = min(int(length), LONGEST_BYTES) if length.isdecimal() else 0
        self._answer(dict(parse_qsl(self.rfile.read(count).decode("utf-8", errors="replace"))))

    def _answer(self, form: Mapping[str, str]) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        asked = Asked(self.command, self.path, parts.path, query, self.headers, form)
        answers = (door(asked) for door in self.server.doors)
        try:
            answer = next((each for each in answers if each is not None), Answer(404))
        except (KeyError, ValueError):
            answer = Answer(400)
        if answer.status == 0:
            self.connection.close()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no log."""


@contextmanager
def served(doors: Sequence[Door], port: int = 0) -> Iterator[Server]:
    """The server at work. Raises :class:`PortTaken`."""
    with Server(doors, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
