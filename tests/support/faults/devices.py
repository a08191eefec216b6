"""Devices that answer Modbus TCP: each read of a unit's register finds it one step further.

So every reading the gateway takes has a number of its own. A unit that is read again over the same connection has had
its reading before taken: the gateway asks a device again only once the last reading is safe on its disk.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections import defaultdict
from typing import Any

FIRST_WH = 1000
STEP_WH = 5
_REQUEST = struct.Struct(">HHHBBHH")
_ANSWER = struct.Struct(">HHHBBBQ")
_VALUE_BYTES = 8


class Devices(socketserver.ThreadingTCPServer):
    """A server at ``port`` of loopback; units are the numbers of its devices."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.handed: dict[int, int] = defaultdict(lambda: -1)
        """The number of the reading last handed out by each unit."""
        self.acknowledged: set[tuple[int, int]] = set()
        """(unit, number) of each reading that the gateway has kept."""
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Asked)
        threading.Thread(target=self.serve_forever, name="devices", daemon=True).start()

    def connection(self, unit: int) -> dict[str, Any]:
        """What the catalogue says of how to reach ``unit``."""
        return {
            "protocol": "registers-tcp",
            "host": "127.0.0.1",
            "port": self.server_address[1],
            "unit": unit,
            "registers": {"energy_total_wh": {"address": 0, "type": "uint64"}},
        }


class _Asked(socketserver.StreamRequestHandler):
    """One connection of the gateway."""

    server: Devices

    def handle(self) -> None:
        taken: dict[int, int] = {}
        while len(asked := self.rfile.read(_REQUEST.size)) == _REQUEST.size:
            transaction, _, _, unit, function, _, _ = _REQUEST.unpack(asked)
            with self.server.lock:
                if unit in taken:
                    self.server.acknowledged.add((unit, taken[unit]))
                number = self.server.handed[unit] + 1
                self.server.handed[unit] = taken[unit] = number
            value = FIRST_WH + STEP_WH * number
            self.wfile.write(_ANSWER.pack(transaction, 0, 3 + _VALUE_BYTES, unit, function, _VALUE_BYTES, value))
