"""What is broken is named, and a look at it never takes long."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conf import load_settings
from conf.refusal import Refusal
from serving_layer import health
from serving_layer.api.health import health as body
from serving_layer.reader import Reader


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(health, "FORGET_SECONDS", 0.3)


@pytest.mark.usefixtures("hurried")
def test_what_breaks_is_named_and_what_comes_back_is_up_again() -> None:
    broken = threading.Event()

    def check() -> str:
        if broken.is_set():
            raise health.Broken("no broker answers")
        return "1 broker"

    watch = health.Watch({"kafka": check, "other": lambda: "fine"})
    watch.start()
    try:
        until(lambda: body(watch)["status"] == "ok")
        broken.set()
        until(lambda: body(watch)["broken"] == ["kafka"])
        (kafka, _) = watch.findings()
        assert kafka.detail == "no broker answers"
        assert kafka.age_s is not None, "it was up before"
        broken.clear()
        until(lambda: body(watch)["status"] == "ok")
    finally:
        watch.stop()


@pytest.mark.usefixtures("hurried")
def test_a_check_that_hangs_counts_as_down_and_holds_nobody_up() -> None:
    release = threading.Event()
    answers = iter(["fine"])

    def check() -> str:
        said = next(answers, "")
        if not said:
            release.wait(20)
        return said

    watch = health.Watch({"hdfs": check})
    watch.start()
    try:
        until(lambda: body(watch)["status"] == "ok")
        until(lambda: body(watch)["broken"] == ["hdfs"])
        assert "no answer for" in watch.findings()[0].detail
    finally:
        watch.stop()
        release.set()


def test_every_dependency_that_is_away_says_so_in_a_sentence(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, port_offset=21_500)

    for name, check in health.checks(settings, Reader(settings)).items():
        with pytest.raises(Exception, match=r"answer|listens|reported") as told:
            check()
        assert len(str(told.value)) < 200, name


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ({"kafka_lag": {"0": 0}, "stands_s": 0.0}, None),
        ({"kafka_lag": {"0": 7}, "stands_s": 61.0}, "no batch has moved for 61 s while 7 readings wait"),
        ({"written_at": "2026-01-01T00:00:00Z"}, "last reported"),
    ],
)
def test_the_speed_layer_is_up_while_it_reports(tmp_path: Path, report: dict[str, object], said: str | None) -> None:
    settings = load_settings(home=tmp_path)
    now = datetime.now(timezone.utc) - timedelta(seconds=1)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "speed.json").write_text(json.dumps({"written_at": now.isoformat()} | report))
    check = health.checks(settings, Reader(settings))["speed"]

    if said is None:
        assert check() == "up to date"
    else:
        with pytest.raises(Refusal, match=said):
            check()


def test_a_gateway_that_cannot_send_is_broken_and_says_what_it_keeps(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    report = {"written_at": datetime.now(timezone.utc).isoformat(), "kafka_error": "broker away", "kept": 42}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(report))

    with pytest.raises(health.Broken, match="broker away; 42 readings kept on disk"):
        health.checks(settings, Reader(settings))["gateway"]()


def test_devices_that_are_silent_or_read_with_a_fault_are_counted(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    devices = {
        "a/meter": {"error": "no answer", "fault": "its clock went back"},
        "b/meter": {"error": None, "fault": "its clock is 5 h 0 min behind"},
        "b/inverter": {"error": None, "fault": None},
    }
    report = {"written_at": datetime.now(timezone.utc).isoformat(), "devices": devices}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(report))

    said = health.checks(settings, Reader(settings))["gateway"]()
    assert said == "3 device(s), 1 silent (named in run/gateway.json), 1 with a fault (named in run/gateway.json)"
