"""A process that has the sources asked by day, when ``ingest.sources.timetable`` says so."""

from __future__ import annotations

import logging
import sys
import threading
from datetime import datetime, timezone

from conf import Settings
from ingest.sources.timetable import is_due
from stack.process import Place, Service, spawn, wait_for
from stack.services import batch_environment
from store.history.attempts import attempts_of

NAME = "sources"
CHECK_SECONDS = 30.0
log = logging.getLogger("watch")


def asking_service(settings: Settings) -> Service:
    """The process that asks."""
    command = (sys.executable, "-m", "ingest.sources")
    return Service(NAME, command, ready=lambda: None, environment=batch_environment(settings), grace=20.0)


class SourceWatch(threading.Thread):
    """The thread that has the sources asked until it is stopped; an asking at work then ends, too."""

    def __init__(self, place: Place, service: Service, stopping: threading.Event, started: datetime) -> None:
        super().__init__(name=NAME, daemon=True)
        self.place, self.service, self.stopping, self.last = place, service, stopping, started

    def run(self) -> None:
        """Look every :data:`CHECK_SECONDS`."""
        while not self.stopping.wait(CHECK_SECONDS):
            self.look(datetime.now(timezone.utc))

    def look(self, now: datetime) -> None:
        """Ask where something is due ``now`` (UTC), and wait for the end."""
        attempts = attempts_of(self.place.home).values()
        again = [each.again for questions in attempts for each in questions.values() if each.again is not None]
        if not is_due(self.last, now, again):
            return
        self.last = now
        process = spawn(self.place, self.service)
        if code := wait_for(process, self.place, self.service, self.stopping):
            log.warning("asking the sources ended with exit code %d: see logs/%s.log", code, NAME)
