"""What the checks measure of the gateway's outbox and of the nights."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conf import load_settings
from serving_layer.checks import checks
from serving_layer.reader import Reader
from store.reports import note_failed_night, write_report
from store.runs import Published


def test_the_age_of_the_oldest_reading_kept_is_measured(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    now = datetime.now(timezone.utc)
    for since, age in ((now - timedelta(hours=5), 18_000), (None, None)):
        write_report(tmp_path / "run" / "gateway.json", {"kept_since": since and since.isoformat()})
        measured = checks(settings, Reader(settings))["gateway"]().measured
        assert measured.get("outbox_oldest_seconds") == (age and pytest.approx(age, abs=60))


def test_a_failed_night_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_layer.checks.seen", lambda _reader: Published((), None))
    settings = load_settings(home=tmp_path)
    check = checks(settings, Reader(settings))["night"]
    assert "night_failed_seconds" not in check().measured
    note_failed_night(tmp_path / "run")
    assert check().measured["night_failed_seconds"] == pytest.approx(0, abs=60)
