"""What the checks measure of the gateway's outbox and of the nights."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conf import load_settings
from serving_layer.checks import _of_run, checks
from serving_layer.health import Finding
from serving_layer.metrics import Metrics
from serving_layer.reader import Reader
from speed_layer.progress import Progress
from store.reports import note_failed_night, write_report
from store.runs import Published, Run


def test_the_age_of_the_oldest_reading_kept_is_measured(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    now = datetime.now(timezone.utc)
    for since, age in ((now - timedelta(hours=5), 18_000), (None, None)):
        write_report(tmp_path / "run" / "gateway.json", {"kept_since": since and since.isoformat()})
        measured = checks(settings, Reader(settings))["gateway"]().measured
        assert measured.get("outbox_oldest_seconds") == (age and pytest.approx(age, abs=60))


def test_what_the_speed_layer_refused_and_how_old_its_batches_are_is_measured(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    progress = Progress()
    progress.batch(1, 10, 0.5, quarantined=3)
    progress.batch(2, 5, 0.5, quarantined=1)
    progress.report(tmp_path / "run" / "speed.json", {"0": 7}, 0.0, {})
    measured = checks(settings, Reader(settings))["speed"]().measured
    assert (measured["quarantined_messages"], measured["kafka_lag_messages"]) == (4, 7)
    assert measured["speed_age_seconds:readings"] == pytest.approx(0, abs=60)
    assert "speed_age_seconds:energy" not in measured


def test_the_newest_night_says_what_its_steps_took_and_how_its_forecasts_err() -> None:
    newest = Run(
        "20261126T001000Z",
        counts={"train_seconds": 46, "generation_rows": 9, "clean_seconds": 3},
        skill={"generation_mae_wh": 81.5, "generation_mae_yesterday_wh": 120.0, "generation_mae_last_week_wh": 130.0},
    )
    disk = Finding("disk", "up", 0.0, "", {"disk_free_bytes": 5})
    findings = [Finding("night", "up", 0.0, "", _of_run(newest)), disk]
    metrics = Metrics()
    metrics.exposition([Finding("night", "up", 0.0, "", {"night_step_seconds:gone": 1})])
    said = metrics.exposition(findings).decode()
    for line in (
        'solera_night_step_seconds{step="train"} 46.0',
        'solera_night_step_seconds{step="clean"} 3.0',
        'solera_forecast_error_wh{quantity="generation"} 81.5',
        'solera_forecast_naive_error_wh{quantity="generation"} 120.0',
        "solera_disk_free_bytes 5.0",
        "solera_outbox_bytes NaN",
    ):
        assert line in said.splitlines()
    assert "gone" not in said


def test_a_failed_night_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_layer.checks.seen", lambda _reader: Published((), None))
    settings = load_settings(home=tmp_path)
    check = checks(settings, Reader(settings))["night"]
    assert "night_failed_seconds" not in check().measured
    note_failed_night(tmp_path / "run")
    assert check().measured["night_failed_seconds"] == pytest.approx(0, abs=60)
