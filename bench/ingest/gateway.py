"""The gateway's memory and pace: 10 devices as on a Raspberry, 500 as at a park, all from one process.

    python -m bench.ingest.gateway [--seconds 60]

The gateway is the real process with its site's file, the devices are Modbus TCP servers in another; what it delivers
is taken over HTTP here. A cycle is the time between two readings of one device, which is polled every 5 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import yaml
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from store.instants import instant_of
from tests.support.peers.modbus_device import free_port

POLL_SECONDS = 5.0
SECONDS_A_DAY = 86_400
UNITS = 10
"""Devices of one address."""
REGISTERS = {"ac_power_w": {"address": 0, "type": "int32"}, "energy_total_wh": {"address": 2, "type": "uint32"}}


class Case(NamedTuple):
    """A number of devices, and what their gateway may need."""

    devices: int
    megabytes: float


CASES = (Case(10, 80.0), Case(500, 150.0))
MEMORY = "/dev/shm"  # noqa: S108
LATE = 1.02
"""A cycle is in time within two hundredths of its 5 s."""


class Sink(ThreadingHTTPServer):
    """Takes readings as the push server does; ``times`` by device."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.times: dict[str, list[datetime]] = defaultdict(list)


class _Handler(BaseHTTPRequestHandler):
    server: Sink
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        for each in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            self.server.times[each["device_id"]].append(instant_of(each["time"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(ports: Iterable[int]) -> None:
    """The devices, until killed."""

    async def serving() -> None:
        for port in ports:
            data = [SimData(0, values=list(range(10)), datatype=DataType.REGISTERS)]
            devices = [SimDevice(id=unit, simdata=data) for unit in range(1, UNITS + 1)]
            await ModbusTcpServer(devices, address=("127.0.0.1", port)).serve_forever(background=True)
        await asyncio.Event().wait()

    asyncio.run(serving())


def site(ports: list[int], count: int) -> str:
    """The file of a site with so many devices."""
    devices = [
        {"device_id": f"d{number}", "device_kind": "inverter", "connection": {
            "protocol": "registers-tcp", "host": "127.0.0.1", "port": ports[number // UNITS],
            "unit": number % UNITS + 1, "registers": REGISTERS}}
        for number in range(count)
    ]  # fmt: skip
    return yaml.safe_dump({"installation_id": "park", "devices": devices})


class Figures(NamedTuple):
    """What one case took."""

    megabytes: float
    """Most that was resident."""
    cycle_seconds: float
    """p95 of the time between two readings of a device."""
    core_share: float
    devices: int
    """Devices that gave readings."""
    written_gb: float
    """What reaches the disk in a day, at this pace."""


def _folder(below: str | None = None) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="solera-bench-", dir=below)


def measured(case: Case, seconds: float) -> Figures:
    """The figures of a gateway that polls so long."""
    ports = [free_port() for _ in range(-(-case.devices // UNITS))]
    devices = multiprocessing.Process(target=serve, args=(ports,), daemon=True)
    devices.start()
    # As conf/systemd/solera-gateway.service has it: the report of itself lies in memory.
    with _folder() as folder, _folder(MEMORY) as memory, Sink() as sink:
        (Path(folder) / "run").symlink_to(memory)
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        file = Path(folder) / "site.yaml"
        file.write_text(site(ports, case.devices))
        own = {
            "SOLERA_HOME": folder, "SOLERA_GATEWAY__SITE_FILE": str(file), "SOLERA_GATEWAY__TOKEN": "t",
            "SOLERA_GATEWAY__DELIVER_TO": f"http://127.0.0.1:{sink.server_address[1]}",
            "SOLERA_GATEWAY__POLL_SECONDS": f"{POLL_SECONDS}",
        }  # fmt: skip
        command = [sys.executable, "-m", "ingest.gateway"]
        with subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.DEVNULL) as gateway:
            process, resident, end = psutil.Process(gateway.pid), 0, time.monotonic() + seconds
            while time.monotonic() < end:
                resident = max(resident, process.memory_info().rss)
                time.sleep(0.5)
            worked, written = process.cpu_times(), process.io_counters().write_bytes
            gateway.terminate()
        sink.shutdown()
    devices.terminate()
    # The first cycles are those in which every link is opened.
    cycles = [(later - earlier).total_seconds() for of in sink.times.values() for earlier, later in pairwise(of[2:])]
    share = (worked.user + worked.system) / seconds
    a_day = written / seconds * SECONDS_A_DAY / 1e9
    return Figures(resident / 1e6, float(np.percentile(cycles, 95)), share, len(sink.times), a_day)


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    missed = False
    for case in CASES:
        found = measured(case, seconds)
        missed |= found.megabytes > case.megabytes or found.cycle_seconds > LATE * POLL_SECONDS
        missed |= found.devices < case.devices
        print(f"{case.devices} devices: {found.megabytes:.0f} MB (bar {case.megabytes:.0f}), p95 of a cycle "
              f"{found.cycle_seconds:.2f} s (bar {LATE * POLL_SECONDS:.2f}), {100 * found.core_share:.0f} % of a core, "
              f"{found.devices} of them read, {found.written_gb:.1f} GB a day to the disk", flush=True)  # fmt: skip
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
