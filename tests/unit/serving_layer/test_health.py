"""What is broken is named, and a look at it never takes long."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from conf import load_settings
from conf.refusal import Refusal
from serving_layer import health
from serving_layer.api.health import health as body
from serving_layer.checks import checks
from serving_layer.metrics import LABELLED, MEASURED, Metrics
from serving_layer.reader import Reader
from store.runs import Published


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

    def check() -> health.Remark:
        if broken.is_set():
            raise health.Broken("no broker answers")
        return health.Remark("1 broker")

    watch = health.Watch({"kafka": check, "other": lambda: health.Remark("fine")})
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

    def check() -> health.Remark:
        said = next(answers, "")
        if not said:
            release.wait(20)
        return health.Remark(said)

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

    known = checks(settings, Reader(settings))
    assert known.pop("disk")().measured["disk_free_bytes"] > 0
    assert known.pop("push")().text == "does not run here"
    assert known.pop("webhooks")().text == "0 webhook(s)"
    assert known.pop("sources")().text == "none was asked here"
    rules = known.pop("tariffs")()
    assert "rules of bills have no row from " in rules.text
    assert rules.measured["tariff_days"] <= 400
    for name, check in known.items():
        with pytest.raises(Exception, match=r"answer|listens|reported") as raised:
            check()
        assert len(str(raised.value)) < 200, name


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
    check = checks(settings, Reader(settings))["speed"]

    if said is None:
        expected = {"kafka_lag_messages": 0, "kafka_dropped_messages": 0, "quarantined_messages": 0}
        assert check() == ("up to date", expected)
    else:
        with pytest.raises(Refusal, match=said):
            check()


def test_a_gateway_that_cannot_send_is_broken_and_says_what_it_keeps(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    report = {"written_at": datetime.now(timezone.utc).isoformat(), "kafka_error": "broker away", "kept": 42}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(report))

    with pytest.raises(health.Broken, match="broker away; 42 readings kept on disk"):
        checks(settings, Reader(settings))["gateway"]()


@pytest.mark.parametrize("error", [None, "broker away"])
def test_what_the_gateway_will_never_send_is_said(tmp_path: Path, error: str | None) -> None:
    settings = load_settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    dropped = {"2026-11-19": 86_400, "2026-11-18": 600}
    report = {"written_at": datetime.now(timezone.utc).isoformat(), "kafka_error": error, "dropped_days": dropped}
    refused = {"refused": 7, "refused_last": "HTTP 403, no"}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(report | refused))
    said = "; the outbox was full: 87000 readings of 2 day(s) dropped, to 2026-11-19"
    said += "; 7 readings refused and set aside, the last: HTTP 403, no"
    check = checks(settings, Reader(settings))["gateway"]
    if error is None:
        assert check().text == "0 device(s)" + said
    else:
        with pytest.raises(health.Broken, match=f"broker away; 0 readings kept on disk{re.escape(said)}"):
            check()


def test_devices_that_are_silent_or_read_with_a_fault_are_counted(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    devices = {
        "a/meter": {"error": "no answer", "fault": "its clock went back"},
        "b/meter": {"error": None, "fault": "its clock is 5 h 0 min behind"},
        "b/inverter": {"error": None, "fault": None},
        "c/inverter": {"error": None, "fault": "its clock is 5 h 0 min behind", "state": "asleep"},
        "d/inverter": {"error": None, "fault": None, "state": "asleep"},
    }
    report = {"written_at": datetime.now(timezone.utc).isoformat(), "devices": devices}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(report))

    said = checks(settings, Reader(settings))["gateway"]()
    assert said.text == (
        "5 device(s), 1 silent (named in run/gateway.json), 2 asleep, 1 with a fault (named in run/gateway.json)"
    )


@pytest.mark.parametrize(
    ("age_hours", "is_up"), [(0.2, True), (24.5, True), (29.9, True), (30.1, False), (24 * 40, False)]
)
def test_a_night_is_overdue_after_thirty_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_hours: float, is_up: bool
) -> None:
    cut = datetime.now(timezone.utc) - timedelta(hours=age_hours)
    monkeypatch.setattr("serving_layer.checks.seen", lambda _reader: Published((), cut))
    settings = load_settings(home=tmp_path)
    check = checks(settings, Reader(settings))["night"]

    if is_up:
        measured = check().measured
    else:
        with pytest.raises(health.Broken, match="is overdue") as broken:
            check()
        measured = broken.value.measured
    assert measured["night_age_seconds"] == pytest.approx(age_hours * 3600, abs=60)


def test_a_new_platform_waits_for_its_first_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_layer.checks.seen", lambda _reader: Published((), None))
    settings = load_settings(home=tmp_path)
    assert checks(settings, Reader(settings))["night"]() == ("no night is published yet", {})


@pytest.mark.parametrize(
    ("total", "free", "is_up"),
    [
        (250_000_000_000, 2_100_000_000, True),
        (250_000_000_000, 1_900_000_000, False),
        (1_000_000_000, 60_000_000, True),
        (1_000_000_000, 40_000_000, False),
    ],
)
def test_a_disk_that_fills_is_said_before_a_server_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int, is_up: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=total, free=free))
    settings = load_settings(home=tmp_path)
    check = checks(settings, Reader(settings))["disk"]
    if is_up:
        assert check().measured == {"disk_free_bytes": free}
    else:
        with pytest.raises(health.Broken, match=f"{free // 1_000_000} MB are left on the disk"):
            check()


def test_prometheus_is_given_all_that_the_checks_measure() -> None:
    metrics = Metrics()
    findings = [health.Finding("any", "down", None, "", dict.fromkeys(MEASURED, 42.0))]
    lines = metrics.exposition(findings).decode().splitlines()
    assert {f"solera_{name} 42.0" for name in MEASURED} <= set(lines)
    unseen = metrics.exposition([health.Finding("any", "down", None, "")]).decode().splitlines()
    assert {f"solera_{name} NaN" for name in MEASURED} <= set(unseen)
    document = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    assert all(f"`solera_{name}`" in document for name in (*MEASURED, *LABELLED))
