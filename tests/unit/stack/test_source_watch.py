"""The watch has the sources asked when something is due, once, and stops an asking with the stack."""

from __future__ import annotations

import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from conf import load_settings
from ingest.sources.budget import ONCE, Budget, Came
from ingest.sources.timetable import EVERY
from stack.process import Place, Service, members
from stack.source_watch import NAME, SourceWatch, asking_service
from store.history.attempts import attempts_path

NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)


class Askings:
    """A watch over askings that are a line of Python each."""

    def __init__(self, home: Path, code: str = "pass") -> None:
        self.place, self.count, self.stopping = Place(home), home / "askings", threading.Event()
        append = f"open({str(self.count)!r}, 'a').write('x'); {code}"
        service = Service(NAME, (sys.executable, "-c", append), ready=lambda: None, grace=5.0)
        self.watch = SourceWatch(self.place, service, self.stopping, NOON)

    @property
    def begun(self) -> int:
        return len(self.count.read_text()) if self.count.exists() else 0


def test_what_is_due_is_asked_once(tmp_path: Path) -> None:
    askings = Askings(tmp_path)
    askings.watch.look(NOON + timedelta(minutes=29))
    assert askings.begun == 0
    askings.watch.look(NOON + EVERY)
    askings.watch.look(NOON + EVERY + timedelta(seconds=30))
    assert askings.begun == 1
    at = NOON + EVERY + timedelta(minutes=1)
    Budget(attempts_path(tmp_path, "omie"), ONCE).end("2026-11-26", at, "not there", Came.NOTHING)
    askings.watch.look(at + timedelta(minutes=14))
    assert askings.begun == 1
    askings.watch.look(at + timedelta(minutes=15))
    assert askings.begun == 2


def test_the_prices_of_the_following_day_are_asked_as_they_come_out(tmp_path: Path) -> None:
    askings = Askings(tmp_path)
    for at in (NOON + timedelta(minutes=59), NOON + timedelta(hours=1), NOON + timedelta(hours=1, seconds=30)):
        askings.watch.last = max(askings.watch.last, at - timedelta(minutes=10))
        askings.watch.look(at)
    assert askings.begun == 1  # 14:00 in Madrid


def test_an_asking_that_fails_ends_nothing(tmp_path: Path) -> None:
    askings = Askings(tmp_path, "raise SystemExit(3)")
    for number in (1, 2):
        askings.watch.look(NOON + number * EVERY)
    assert askings.begun == 2


def test_an_asking_at_work_ends_with_the_stack(tmp_path: Path) -> None:
    askings = Askings(tmp_path, "import time; time.sleep(60)")
    looking = threading.Thread(target=askings.watch.look, args=(NOON + EVERY,))
    looking.start()
    while not askings.begun:
        threading.Event().wait(0.05)
    askings.stopping.set()
    looking.join(20)
    assert not looking.is_alive()
    assert members(askings.place, NAME) == []


def test_the_asking_is_the_nights_own(tmp_path: Path) -> None:
    service = asking_service(load_settings(home=tmp_path))
    assert service.command[1:] == ("-m", "ingest.sources")
    assert service.environment["SOLERA_HOME"] == str(tmp_path)
