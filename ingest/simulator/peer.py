"""The owner of the program that has connected from this machine: Modbus asks for no login, but the kernel knows."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

_CONNECTED = "01"
Address = tuple[str, int]


def is_foreign(peer: Address, own: Address) -> bool:
    """Whether ``peer`` is a program of another user of this machine that has connected to ``own``, both IPv4.

    Other machines are not judged, and where the system keeps no such list, nobody is.
    """
    table = Path("/proc/net/tcp")
    if not peer[0].startswith("127.") or not table.is_file():
        return False
    ends = [_hexadecimal(peer), _hexadecimal(own), _CONNECTED]
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    # A connection that its program has left already belongs to nobody, and nobody reads an answer there.
    return not any(row[1:4] == ends and int(row[7]) == os.getuid() for row in rows)


def _hexadecimal(address: Address) -> str:
    host, port = address
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
