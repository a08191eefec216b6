"""The server that listens: slow heads, two lengths, long heads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from conf import load_settings
from serving_layer.app import create_app
from store.web import bounds, connections
from store.web.connections import server_options

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listener:
        patch.setattr(connections, "HEAD_SECONDS", 1.0)
        app = create_app(load_settings(home=tmp_path_factory.mktemp("home"), port_offset=22_000))
        server = uvicorn.Server(uvicorn.Config(app, **server_options()))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)


def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        try:
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
            answer = b""
            while part := client.recv(65536):
                answer += part
        except OSError:
            return b""
    return answer


@pytest.mark.parametrize("begun", [b"", b"G", HEAD])
def test_a_head_that_never_ends_is_let_go(port: int, begun: bytes) -> None:
    started = time.monotonic()

    assert said(port, begun) == b""
    assert time.monotonic() - started < 5


def test_a_head_that_trickles_is_let_go(port: int) -> None:
    assert said(port, *[bytes([each]) for each in HEAD], pause=0.05) == b""


def test_a_whole_request_is_answered_and_the_next_may_not_trickle(port: int) -> None:
    answer = said(port, HEAD + b"\r\n", b"GET /he")

    assert answer.startswith(b"HTTP/1.1 503") or answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        b"Content-Length: 6\r\nContent-Length: 7\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    ],
)
def test_two_lengths_end_the_connection(port: int, lengths: bytes) -> None:
    second = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    answer = said(port, HEAD.replace(b"GET", b"POST") + lengths + b"\r\n0\r\n\r\n" + second)

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.split()[1] in (b"400", b"501")


def test_a_long_head_is_refused(port: int) -> None:
    answer = said(port, HEAD + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n")

    assert answer == b"" or answer.split()[1] in (b"400", b"431")


@pytest.mark.parametrize(
    ("head", "part"),
    [
        pytest.param(b"Content-Length: 3200000\r\n\r\n", b" " * 100_000, id="length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n", b"186a0\r\n" + b" " * 100_000 + b"\r\n", id="chunks"),
        pytest.param(b"X: " + b"x" * 12_000 + b"\r\nContent-Length: 3200000\r\n\r\n", b" " * 100_000, id="head"),
    ],
)
def test_a_refused_body_is_read_to_its_end_so_that_its_sender_reads_why(port: int, head: bytes, part: bytes) -> None:
    ended = b"0\r\n\r\n" if b"chunked" in head else b""

    answer = said(port, HEAD.replace(b"GET", b"POST") + head, *[part] * 32, ended, pause=0.01)

    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 431"))
    assert answer.endswith(b"}")


def test_a_refused_body_that_never_ends_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LINGER_SECONDS", 0.3)
    started = time.monotonic()

    assert said(port, HEAD + b"Content-Length: 3200000\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert time.monotonic() - started < 3
