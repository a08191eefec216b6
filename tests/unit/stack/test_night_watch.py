"""The watch begins a night when one is due, once, tries a failed one again later, and stops it with the stack."""

from __future__ import annotations

import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from batch_layer.schedule import WAITS, Attempt, due, midnight
from conf import load_settings
from stack.night_watch import NAME, NightWatch, night_service, read_attempt, write_attempt
from stack.process import Place, Service, members
from store.cassandra import CassandraAway
from store.reports import failed_night

DAY = timedelta(days=1)
NOW = midnight(datetime.now(timezone.utc)) + DAY + timedelta(minutes=10)
"""The next night's beginning, so that a watch started by a test has been up since the day before."""


class Nights:
    """A watch over nights that are a line of Python each."""

    def __init__(self, home: Path, code: str, published: datetime | None = None) -> None:
        self.place, self.count = Place(home), home / "nights"
        self.published: datetime | None = published
        append = f"open({str(self.count)!r}, 'a').write('x'); {code}"
        self.stopping = threading.Event()
        service = Service(NAME, (sys.executable, "-c", append), ready=lambda: None, grace=5.0)
        self.watch = NightWatch(self.place, service, lambda: self.published, self.stopping)

    @property
    def begun(self) -> int:
        return len(self.count.read_text()) if self.count.exists() else 0


def test_a_published_night_is_not_begun_again(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "pass", published=midnight(NOW) - DAY)
    nights.watch.look(NOW - timedelta(minutes=1))
    assert nights.begun == 0
    nights.watch.look(NOW)
    nights.published = midnight(NOW)
    for minutes in range(0, 1400, 100):
        nights.watch.look(NOW + timedelta(minutes=minutes))
    assert nights.begun == 1


def test_a_failed_night_is_tried_again_within_bounds(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "raise SystemExit(1)", published=midnight(NOW) - DAY)
    at = NOW
    for wait in WAITS:
        nights.watch.look(at)
        attempt = read_attempt(tmp_path / "run/nightly-attempt.json")
        assert attempt is not None
        before = nights.begun
        nights.watch.look(attempt.ended + wait - timedelta(seconds=1))
        assert (nights.begun, attempt.tries) == (before, before)
        at = attempt.ended + wait
    nights.watch.look(at)
    for hours in range(1, 12):
        nights.watch.look(min(at + timedelta(hours=hours), midnight(NOW) + DAY - timedelta(minutes=1)))
    assert nights.begun == len(WAITS) + 1


@pytest.mark.parametrize(("code", "has_failed"), [
    ("pass", False), ("raise SystemExit(1)", True), ("import os; os.kill(os.getpid(), 9)", True),
])  # fmt: skip
def test_a_night_that_fails_or_is_killed_is_remembered(tmp_path: Path, code: str, has_failed: bool) -> None:
    Nights(tmp_path, code, published=midnight(NOW) - DAY).watch.look(NOW)
    failed = failed_night(tmp_path / "run")
    assert (failed is not None) is has_failed
    assert failed is None or datetime.now(timezone.utc) - failed < timedelta(minutes=1)


def test_a_new_stack_waits_for_its_first_midnight(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "pass")
    nights.watch.look(midnight(nights.watch.started) + timedelta(hours=23, minutes=59))
    assert nights.begun == 0
    nights.watch.look(NOW)
    assert nights.begun == 1


def test_no_night_begins_while_cassandra_is_away(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "pass")

    def away() -> datetime | None:
        raise CassandraAway("no node answers")

    nights.watch.cut = away
    nights.watch.look(NOW)
    assert nights.begun == 0


@pytest.mark.parametrize("before", [None, Attempt(midnight(NOW), 1, NOW - timedelta(hours=1))])
def test_a_night_at_work_ends_with_the_stack_and_is_begun_again_at_once(before: Attempt | None, tmp_path: Path) -> None:
    nights = Nights(tmp_path, "import time; time.sleep(60)", published=midnight(NOW) - DAY)
    record = nights.place.run / "nightly-attempt.json"
    if before is not None:
        write_attempt(record, before)
    looking = threading.Thread(target=nights.watch.look, args=(NOW,))
    looking.start()
    while not nights.begun:
        threading.Event().wait(0.05)
    nights.stopping.set()
    looking.join(20)
    assert not looking.is_alive()
    assert members(nights.place, NAME) == []
    assert read_attempt(record) == before
    assert due(NOW, nights.published, before)


def test_the_night_is_the_commands_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = night_service(load_settings(home=tmp_path))
    assert service.command[1:] == ("-m", "stack.cli", "nightly")
    assert service.environment["SOLERA_HOME"] == str(tmp_path)
