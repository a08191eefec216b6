"""What is kept of the answers that pages share: as long as it was told, and no longer in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf import load_settings
from serving_layer import reader
from serving_layer.reader import KEPT, Reader


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(reader, "time", found)
    return found


def test_a_value_is_loaded_again_when_it_is_too_old(tmp_path: Path, clock: Clock) -> None:
    of, loads = Reader(load_settings(home=tmp_path)), iter(range(9))
    said = []
    for now in (100.0, 101.9, 102.0, 103.9):
        clock.now = now
        said.append(of.kept("x", 2.0, lambda: next(loads)))
    assert said == [0, 0, 1, 1]


def test_what_is_too_old_is_no_longer_held(tmp_path: Path, clock: Clock) -> None:
    of = Reader(load_settings(home=tmp_path))
    for n in range(10 * KEPT):
        clock.now += 1.0
        assert of.kept(f"day {n}", 5.0, lambda n=n: n) == n  # type: ignore[misc]
    for n in range(3):
        assert of.kept(f"for good {n}", float("inf"), lambda: "kept") == "kept"
        clock.now += 1e9
    assert len(of._kept) <= KEPT + 1
    assert of.kept("for good 0", float("inf"), lambda: "again") == "kept"
