"""A real mosquitto on a free port, for what follows a broker."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.peers.modbus_device import free_port


def program(name: str) -> str | None:
    """Where ``name`` of mosquitto stands: in the folder that SOLERA_MOSQUITTO names, on the path, in /usr/sbin."""
    places = [os.environ.get("SOLERA_MOSQUITTO", ""), os.environ["PATH"], "/usr/sbin"]
    return shutil.which(name, path=os.pathsep.join(places))


class Broker:
    """It on one port, started and stopped at will; its sessions outlast it in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        settings = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true"]
        settings += [f"persistence_location {folder}/", *(["user root"] if os.getuid() == 0 else [])]
        (folder / "conf").write_text("\n".join([*settings, ""]))

    def start(self) -> None:
        command = [program("mosquitto") or "mosquitto", "-c", str(self._folder / "conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def publish(self, topic: str, payload: str | bytes, qos: int = 1, retain: bool = False) -> None:
        """By mosquitto_pub, a client of others."""
        command = [program("mosquitto_pub") or "mosquitto_pub", "-p", str(self.port), "-t", topic, "-q", str(qos), "-s"]
        data = payload if isinstance(payload, bytes) else payload.encode()
        subprocess.run([*command, *(["-r"] if retain else [])], input=data, check=True, timeout=20)


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """It at work."""
    running = Broker(folder)
    running.start()
    try:
        yield running
    finally:
        running.stop()
