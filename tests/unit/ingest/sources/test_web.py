"""HTTP answers are bounded in bytes and in time, and tried again where a server failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest.sources import web
from ingest.sources.source import SourceError


class Server(ThreadingHTTPServer):
    """Answers with ``chunks``, ``pause_seconds`` apart, after as many faults as ``faults`` lists."""

    chunks: tuple[bytes, ...] = (b"{}",)
    pause_seconds = 0.0
    faults: list[int]
    asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        fault = self.server.faults.pop(0) if self.server.faults else 200
        self.send_response(fault)
        self.send_header("Retry-After", "3600")
        self.end_headers()
        if fault == 200:
            for chunk in self.server.chunks:
                self.wfile.write(chunk)
                self.wfile.flush()
                time.sleep(self.server.pause_seconds)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(web, "RETRIES", web.RETRIES.new(backoff_factor=0))
    running = Server(("127.0.0.1", 0), _Handler)
    running.faults = []
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def asked(server: Server) -> bytes:
    return web.get(web.browser(), f"http://127.0.0.1:{server.server_address[1]}/").content


def test_an_answer_too_long_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.chunks = (b"x" * 100_000,) * 30
    assert len(asked(server)) == 3_000_000
    monkeypatch.setattr(web, "LONGEST_BYTES", 1_000_000)
    with pytest.raises(SourceError, match="longer than"):
        asked(server)


def test_an_answer_that_drips_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.chunks, server.pause_seconds = (b"x" * 70_000,) * 50, 0.1
    monkeypatch.setattr(web, "LONGEST_S", 0.5)
    began = time.monotonic()
    with pytest.raises(SourceError, match="not complete"):
        asked(server)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("fault", [429, 500, 503])
def test_a_fault_of_the_server_is_tried_again_without_the_wait_it_asks_for(server: Server, fault: int) -> None:
    server.faults = [fault, fault]
    began = time.monotonic()
    assert asked(server) == b"{}"
    assert server.asked == 3
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(server: Server, raw: bytes) -> None:
    server.chunks = (raw,)
    answer = web.get(web.browser(), f"http://127.0.0.1:{server.server_address[1]}/")
    with pytest.raises(SourceError):
        web.json_object(answer)
