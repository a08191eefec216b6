"""What is said to a port, and what it answers."""

from __future__ import annotations

import socket


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
