"""A receiver of webhooks: an HTTP server in a thread, which answers as it is told and remembers what it was sent."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Receiver:
    """``statuses`` are answered in turn, the last again and again; ``slow`` seconds pass before a head."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    slow: float = 0.0
    drips: bool = False
    location: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alarms?key=7"

    @property
    def opened(self) -> list[str]:
        return [f"127.0.0.1:{self.port}"]

    @property
    def events(self) -> list[Any]:
        return [json.loads(body) for _, body in self.received]

    def wait_for(self, count: int, seconds: float = 60.0) -> list[Any]:
        end = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < end, f"{len(self.received)} of {count} deliveries came"
            time.sleep(0.1)
        return self.events


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            for _ in range(100 if receiver.drips else 0):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                time.sleep(0.05)
            time.sleep(receiver.slow)
            self.send_response(status)
            if receiver.location:
                self.send_header("location", receiver.location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that does not wait is what is tried."""


@contextmanager
def receiving(receiver: Receiver, certificate: Path | None = None) -> Iterator[Receiver]:
    """It listens meanwhile, at the port at which it listened before where there was one; by TLS with a certificate."""
    server = _Quiet(("127.0.0.1", receiver.port), _handler(receiver))
    receiver.port = server.server_address[1]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
