"""What one query tells the other."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from speed_layer.progress import Progress, Stalled


def test_waiting_for_readings_ends_when_they_are_written() -> None:
    progress = Progress()
    threading.Timer(0.1, progress.readings_written, [{"0": 5}]).start()
    progress.wait_for_readings({"0": 5}, 10)


def test_waiting_for_readings_ends_with_the_query_that_writes_them() -> None:
    progress = Progress()
    threading.Timer(0.1, progress.over).start()
    with pytest.raises(Stalled, match="has ended"):
        progress.wait_for_readings({"0": 5}, 60)


def test_energy_lets_a_backlog_of_readings_go_first() -> None:
    progress = Progress()
    progress.readings_behind(500_000)
    began = time.monotonic()
    progress.wait_until_calm(0.2)
    assert time.monotonic() - began >= 0.2
    threading.Timer(0.1, progress.readings_behind, [500]).start()
    progress.wait_until_calm(60)
    assert time.monotonic() - began < 30


def test_the_report_names_what_was_written(tmp_path: Path) -> None:
    progress = Progress()
    progress.readings_written({"0": 5})
    progress.report(tmp_path / "speed.json", {"0": 2}, 0.0, {"readings": "Waiting"})
    assert '"last_offsets": {"0": 5}' in (tmp_path / "speed.json").read_text()


def test_what_stands_while_readings_wait_is_seen_by_the_brokers_own_ends() -> None:
    progress = Progress()
    progress.readings_written({"0": 5})
    time.sleep(0.2)
    behind, stands_s = progress.stands({"0": 9, "1": 2})
    assert (behind, stands_s >= 0.2) == ({"0": 3, "1": 2}, True)
    progress.moved()
    assert progress.stands({"0": 9})[1] < 0.2
    time.sleep(0.2)
    behind, stands_s = progress.stands({"0": 6})
    assert behind == {"0": 0}
    assert stands_s == pytest.approx(0.0, abs=0.1)
    assert progress.stands(None)[1] < 0.1
