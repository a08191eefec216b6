"""Begins the night by itself: after midnight UTC, and again when it failed, as ``batch_layer.schedule`` says.

The watch of one machine has it in a thread; ``python -m stack.night_watch`` is a container of its own, which has the
sources asked by day, too: they share the home in which it is noted what they were asked.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from batch_layer.schedule import Attempt, begun, due, midnight
from conf import Settings, load_settings
from conf.refusal import Refusal
from stack import logs
from stack.process import ANSWERED, Place, Service, spawn, wait_for
from stack.services import batch_environment
from stack.source_watch import SourceWatch, asking_service
from store import cassandra
from store.reports import note_failed_night, replace_text
from store.runs import read_published

NAME = "nightly"
CHECK_SECONDS = 30.0
log = logging.getLogger("watch")


def night_service(settings: Settings) -> Service:
    """The process of a night."""
    command = (sys.executable, "-m", "stack.cli", NAME)
    return Service(NAME, command, ready=lambda: None, environment=batch_environment(settings), grace=20.0)


def published_cut(settings: Settings) -> datetime | None:
    """The cut (UTC) up to which nights are published. Raises :class:`store.cassandra.CassandraAway`."""
    with cassandra.session(settings) as session:
        return read_published(session).cut


class NightWatch(threading.Thread):
    """Begins nights until it is stopped; a night at work then ends, too, and the next one goes on where it stood."""

    def __init__(
        self, place: Place, service: Service, cut: Callable[[], datetime | None], stopping: threading.Event
    ) -> None:
        super().__init__(name=NAME, daemon=True)
        self.place, self.service, self.cut, self.stopping = place, service, cut, stopping
        self.started = datetime.now(timezone.utc)

    def run(self) -> None:
        """Look every :data:`CHECK_SECONDS`."""
        while not self.stopping.wait(CHECK_SECONDS):
            self.look(datetime.now(timezone.utc))

    def look(self, now: datetime) -> None:
        """Run a night where one is due ``now`` (UTC), and wait for its end."""
        attempt = read_attempt(self._record)
        if not due(now, None, attempt):  # nothing to ask Cassandra for
            return
        try:
            cut = self.cut()
        except Refusal:  # its supervisor says so
            return
        # A stack that has never had a night has its first after the next midnight, not while it is being set up.
        is_new = cut is None and midnight(now) <= self.started
        if due(now, cut, attempt) and not is_new:
            self._night(begun(now, attempt), attempt)

    def _night(self, attempt: Attempt, before: Attempt | None) -> None:
        log.info("the night of %s begins, try %d", attempt.cut.date(), attempt.tries)
        write_attempt(self._record, attempt)
        process, began = spawn(self.place, self.service), time.monotonic()
        code = wait_for(process, self.place, self.service, self.stopping)
        if code is None:
            # Stopped with the stack, it has not failed: the next life begins it at once.
            self._remember(before)
            return
        if code:
            # Whoever is killed can't say so.
            note_failed_night(self.place.run)
        write_attempt(self._record, attempt._replace(ended=attempt.ended + timedelta(seconds=time.monotonic() - began)))

    def _remember(self, attempt: Attempt | None) -> None:
        if attempt is None:
            self._record.unlink(missing_ok=True)
        else:
            write_attempt(self._record, attempt)

    @property
    def _record(self) -> Path:
        return self.place.run / "nightly-attempt.json"


def read_attempt(path: Path) -> Attempt | None:
    """The last night that was begun by itself; None before the first."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Attempt(datetime.fromisoformat(fields["cut"]), fields["tries"], datetime.fromisoformat(fields["ended"]))


def write_attempt(path: Path, attempt: Attempt) -> None:
    """Remember the attempt, so that a watch that is started again does not begin it anew."""
    fields = {"cut": attempt.cut.isoformat(), "tries": attempt.tries, "ended": attempt.ended.isoformat()}
    replace_text(path, json.dumps(fields))


def watches(settings: Settings, stopping: threading.Event) -> tuple[NightWatch, SourceWatch]:
    """The threads of the container, not started."""
    place = Place(settings.home)
    night = NightWatch(place, night_service(settings), partial(published_cut, settings), stopping)
    return night, SourceWatch(place, asking_service(settings), stopping, datetime.now(timezone.utc))


def main() -> None:
    """Begin nights and have the sources asked until SIGTERM.

    :data:`stack.process.ANSWERED` is renewed as a service in the foreground does.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    settings, stopping = load_settings(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    place = Place(settings.home)
    place.run.mkdir(parents=True, exist_ok=True)
    threads = watches(settings, stopping)
    for thread in threads:
        thread.start()
    while all(thread.is_alive() for thread in threads) and not stopping.wait(CHECK_SECONDS / 2):
        ANSWERED.touch()
        logs.bound(place.logs)
    stopping.set()  # where one thread has ended by an error, Docker starts both again
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
