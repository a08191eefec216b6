"""Fronius' Solar API on a free port of this machine: what it answers is set by path."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

STAMP = "2026-07-01T14:01:41+02:00"


class Inverter(ThreadingHTTPServer):
    """Answers by path; ``slow``: seconds before the second half of each answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, bytes] = {}
        self.status, self.slow = 200, 0.0
        self.asked: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Inverter

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(dict(parse_qsl(parts.query)))
        body = self.server.answers.get(parts.path, b"")
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:5])
        self.wfile.flush()
        threading.Event().wait(self.server.slow)
        self.wfile.write(body[5:])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def solar_api() -> Iterator[Inverter]:
    """One at work, without an answer yet."""
    with Inverter() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield running
        finally:
            running.shutdown()


def said(data: Any, code: int = 0, reason: str = "") -> bytes:
    """An answer of the Solar API."""
    status = {"Code": code, "Reason": reason, "UserMessage": ""}
    return json.dumps({"Body": {"Data": data}, "Head": {"Status": status, "Timestamp": STAMP}}).encode()


def value(number: Any, unit: str) -> dict[str, Any]:
    return {"Unit": unit, "Value": number}


DAY = {
    "DeviceStatus": {"StatusCode": 7, "ErrorCode": 0}, "PAC": value(4321, "W"), "TOTAL_ENERGY": value(12345600, "Wh"),
    "UAC": value(231.4, "V"), "IAC": value(18.7, "A"), "FAC": value(49.99, "Hz"), "UDC": value(400.0, "V"),
    "IDC": value(11.0, "A"), "DAY_ENERGY": value(20300, "Wh"),
}  # fmt: skip
