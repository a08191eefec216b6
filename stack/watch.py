"""Watches over the processes of one machine: starts them, starts again what dies, stops them in order.

``python -m stack.watch`` is started by ``solera up``. It keeps the services named in ``run/wanted.json``
running and tells their state in ``run/status.json``; SIGTERM makes it stop them all and end.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial

import psutil

from conf import load_settings
from stack import logs
from stack.night_watch import NightWatch, night_service, published_cut
from stack.process import Place, Service
from stack.services import services
from stack.source_watch import SourceWatch, asking_service
from stack.supervisor import Supervisor
from store.reports import replace_text

OWNER = "SOLERA_OWNER"
"""Process id in the environment: when that process is gone the stack stops itself."""
log = logging.getLogger("watch")


def keep(place: Place, known: dict[str, Service], stopping: threading.Event) -> None:
    """Keep the wanted services running until ``stopping``, writing their states as they change."""
    supervisors: dict[str, Supervisor] = {}
    owner = os.environ.get(OWNER)
    while not stopping.wait(0.3):
        if owner and not psutil.pid_exists(int(owner)):
            log.info("process %s, for which this stack runs, is gone", owner)
            break
        for name in wanted(place):
            if name in known and name not in supervisors:
                supervisors[name] = Supervisor(place, known[name], supervisors)
                supervisors[name].start()
        _write_status(place, supervisors)
        logs.bound(place.logs)
    for supervisor in supervisors.values():
        supervisor.stopping.set()
    while any(supervisor.is_alive() for supervisor in supervisors.values()):
        _write_status(place, supervisors)
        time.sleep(0.3)
    (place.run / "status.json").unlink(missing_ok=True)


def wanted(place: Place) -> list[str]:
    """Names of the services that are to run."""
    try:
        names: list[str] = json.loads((place.run / "wanted.json").read_text())
    except FileNotFoundError:
        return []
    return names


def _write_status(place: Place, supervisors: dict[str, Supervisor]) -> None:
    status = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "services": {name: asdict(supervisor.state) for name, supervisor in list(supervisors.items())},
    }
    replace_text(place.run / "status.json", json.dumps(status, indent=1))


def main() -> None:
    """Watch until SIGTERM; does nothing where another watch of the same home runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    for chatty in ("kafka", "cassandra"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    settings = load_settings()
    place = Place(settings.home)
    with (place.run / "watch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        if OWNER not in os.environ:  # a stack that serves a test or a program has its nights from there
            cut = partial(published_cut, settings)
            NightWatch(place, night_service(settings), cut, stopping).start()
            SourceWatch(place, asking_service(settings), stopping, datetime.now(timezone.utc)).start()
        keep(place, services(settings), stopping)


if __name__ == "__main__":
    main()
