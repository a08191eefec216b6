"""A SQL server in this process, for tests that need no Cassandra behind it."""

from __future__ import annotations

import socket
import threading
import time

from conf import Settings
from serving_layer.sql.engine import Engine
from serving_layer.sql.server import Asked, serve

LISTENS_SECONDS = 30.0


def answer(settings: Settings, engine: Engine, asked: Asked) -> None:
    """Serve ``engine`` at the port of ``settings`` from a thread; returns when it listens."""
    threading.Thread(target=serve, args=(settings, engine, asked), daemon=True).start()
    end = time.monotonic() + LISTENS_SECONDS
    while True:
        try:
            socket.create_connection((settings.thrift.host, settings.thrift.port)).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the SQL server did not listen in time"
            time.sleep(0.05)
