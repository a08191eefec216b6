"""The ports at which processes listen, and what is said to each that Spark opens."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product

import psutil

RPC_REQUEST, RPC_RESPONSE = 3, 4
"""Kinds of message of Spark's transport: a question, and the answer to one that was let in."""


def listening(found: Iterable[tuple[str, psutil.Process]]) -> dict[int, tuple[str, str, str]]:
    """Name, program and address of each port at which one of the named processes listens."""
    ports: dict[int, tuple[str, str, str]] = {}
    for name, process in found:
        with suppress(psutil.NoSuchProcess):  # a worker that has just ended
            connections, program = process.net_connections("inet"), process.name()
            here = (each.laddr for each in connections if each.status == psutil.CONN_LISTEN)
            ports |= {address.port: (name, program, address.ip) for address in here}
    return ports


def greeted(port: int, sent: bytes) -> bytes:
    """What whoever listens at ``port`` answers to ``sent``; nothing where it closes or keeps silent."""
    with socket.socket() as connection:
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(sent)
            return connection.recv(4096)
        except OSError:
            return b""


def framed(kind: int, body: bytes) -> bytes:
    """A message of Spark's transport: the length of all, its kind, a number, and a body with its length."""
    return struct.pack(">qBqi", 8 + 1 + 8 + 4 + len(body), kind, 7, len(body)) + body


GREETINGS: dict[str, tuple[bytes, Callable[[bytes], bool]]] = {
    "a driver or its blocks": (framed(RPC_REQUEST, b"who"), lambda reply: reply[8:9] == bytes([RPC_RESPONSE])),
    "a gateway to Java": (b"c\nj\ngetClass\ne\n", lambda reply: reply.startswith(b"!y")),
    "Python's callbacks": (b"c\np0\n__repr__\ne\n", lambda reply: reply.startswith(b"!y")),
    "a worker": (struct.pack(">i", 6) + b"secret", lambda reply: reply[4:] == b"ok"),
}
"""What is said to each of Spark's ports, and when the answer is one to a friend."""


def let_in(found: Iterable[int]) -> list[tuple[int, str]]:
    """Which of the ports answered which greeting as a friend would; all are greeted at once."""
    asked = list(product(found, GREETINGS))
    with ThreadPoolExecutor(len(asked)) as pool:
        return [each for each, is_open in zip(asked, pool.map(_is_open, asked), strict=True) if is_open]


def _is_open(asked: tuple[int, str]) -> bool:
    sent, is_friendly = GREETINGS[asked[1]]
    return is_friendly(greeted(asked[0], sent))
