"""Conditions that must hold before anything starts; each refusal is one sentence that says what to do."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterable

import psutil

from conf.refusal import Refusal
from conf.settings import Settings
from stack.process import Place, Service, members

MEMORY_MB = {
    "kafka": 700,
    "cassandra": 1500,
    "kdc": 60,
    "namenode": 350,
    "datanode": 350,
    "speed": 1500,
    "gateway": 150,
    "push": 150,
    "thrift": 1000,
    "api": 300,
    "simulator": 150,
}
"""Resident memory of each service at work."""
DISK_MB = 2000
"""Data and logs of a demo, and room to breathe; downloads are counted apart."""


class Unfit(Refusal):
    """Something on this machine stands in the way; the text says what to do about it."""


def check(settings: Settings, services: Iterable[Service]) -> None:
    """Refuse what cannot work: a port in use, too little memory or disk. Raises :class:`Unfit`."""
    place = Place(settings.home)
    starting = [service for service in services if not members(place, service.name)]
    _check_disk(settings)
    _check_memory(sum(MEMORY_MB[service.name] for service in starting))
    for service in starting:
        for setting, port in service.ports.items():
            _check_port(setting, port)


def check_python() -> None:
    """Refuse a Python that the libraries do not know. Raises :class:`Unfit`."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 12):
        raise Unfit(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; Solera needs 3.10, 3.11 or 3.12: "
            "install one and run `make` again."
        )


def _check_port(setting: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            variable = "SOLERA_" + setting.upper().replace(".", "__")
            raise Unfit(
                f"Port {port} ({setting}) is in use by another program: stop that program, or choose another port "
                f"with {variable}, or move all ports with SOLERA_PORT_OFFSET."
            ) from None


def _check_memory(needed_mb: int) -> None:
    available = psutil.virtual_memory().available // 2**20
    if available < needed_mb:
        raise Unfit(
            f"Only {available / 1024:.1f} GB of memory are free and {needed_mb / 1024:.1f} GB are needed: "
            "close other programs and try again."
        )


def _check_disk(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free // 2**20
    if free < DISK_MB:
        raise Unfit(
            f"Only {free / 1024:.1f} GB are free on the disk of {settings.home} and {DISK_MB / 1024:.1f} GB are "
            "needed: free some, or put the data elsewhere with SOLERA_HOME."
        )
