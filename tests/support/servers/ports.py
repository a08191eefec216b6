"""Ports that nobody else has, for a stack of tests or of a measurement."""

from __future__ import annotations

import random
import socket

from pydantic import BaseModel

from conf import Settings, load_settings


def free_offset() -> int:
    """An offset at which every port is free, below the range the system gives to clients."""
    plain = load_settings(port_offset=0)
    while True:
        offset = random.randrange(11_000, 22_000)
        if all(_is_free(port + offset) for port in ports(plain)):
            return offset


def ports(settings: Settings) -> list[int]:
    """Every port that a part of ``settings`` names."""
    parts = [getattr(settings, name) for name in type(settings).model_fields]
    return [
        value
        for part in parts
        if isinstance(part, BaseModel)
        for key, value in part
        if key == "port" or key.endswith("_port")
    ]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
