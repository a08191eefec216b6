"""What devices publish at a real mosquitto becomes their readings: kept before it is acknowledged, none invented."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from paho.mqtt.client import MQTTMessage

from conf import Settings, load_settings
from energy.topics import TOPICS
from ingest.gateway.outbox import Outbox
from ingest.push import mqtt as mqtt_module
from ingest.push.intake import Intake, IntakeFull
from ingest.push.mqtt import Mqtt
from ingest.push.rules import rules_of
from tests.support.peers.mosquitto import Broker, broker, program

pytestmark = pytest.mark.skipif(
    not all(map(program, ("mosquitto", "mosquitto_pub"))), reason="mosquitto or its client is not installed"
)


def device(name: str, kind: str = "meter", time: str | None = None, **inputs: Any) -> dict[str, Any]:
    rules = {field: dict(zip(("input", "path", "factor"), rule, strict=False)) for field, rule in inputs.items()}
    plain = {field: {key: value for key, value in rule.items() if value is not None} for field, rule in rules.items()}
    return {"installation_id": "casa", "device_id": name, "device_kind": kind, "time": time, "inputs": plain}


DEVICES = [
    device("plain", import_power_w=("emon/emontx/power1",), voltage_v=("emon/emontx/vrms",)),
    device("json", import_power_w=("emon/emonpi", "power1"), import_total_wh=("emon/emonpi", "kwh.value", 1000)),
    device("numbers", import_power_w=("emon/5", "1")),
    device("shelly1", import_power_w=("shellies/shellyem-1/emeter/0/power",),
           import_total_wh=("shellies/shellyem-1/emeter/0/total",)),
    device("shelly2", time="params.ts", import_power_w=("shellypro3em-1/events/rpc", "params.em:0.total_act_power")),
    device("tasmota", import_power_w=("tele/plug/SENSOR", "ENERGY.Power"),
           import_total_wh=("tele/plug/SENSOR", "ENERGY.Total", 1000)),
    device("zigbee", time="last_seen", import_power_w=("zigbee2mqtt/plug", "power")),
    device("victron", "battery", charge_power_w=("N/c0619ab1/system/0/Dc/Battery/Power", "value")),
]  # fmt: skip


@contextmanager
def following(
    at: Broker, home: Path, rules: list[dict[str, Any]] = DEVICES, **conf: Any
) -> Iterator[tuple[Mqtt, Outbox, Settings]]:
    """What follows ``at``, by rules of ``home``; stopped at the end."""
    home.mkdir(exist_ok=True)
    (home / "push.yaml").write_text(yaml.safe_dump(rules))
    plain = load_settings(home=home)
    options = plain.mqtt.model_copy(update={"broker": f"127.0.0.1:{at.port}", **conf})
    settings = plain.model_copy(update={"mqtt": options})
    outbox = Outbox(home / "push" / "outbox.sqlite", 10)
    follower = Mqtt(settings, rules_of(settings), Intake(outbox, 1e6, lambda: None))
    follower.start()
    until(lambda: follower.error is None)
    time.sleep(0.2)  # the broker answers to what it is asked for
    try:
        yield follower, outbox, settings
    finally:
        follower.stop(10)
        outbox.close()


def until(holds: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def records(outbox: Outbox) -> list[dict[str, Any]]:
    found = [kept.message.value for kept in outbox.oldest(10_000)]
    for value in found:
        TOPICS["readings"].parse(value, datetime.now(timezone.utc))
    return [json.loads(value) for value in found]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_module, "GATHER_SECONDS", 0.3)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with broker(tmp_path / "broker") as running:
        yield running


def test_every_kind_of_payload_is_a_reading(at: Broker, tmp_path: Path) -> None:
    ts = int(time.time()) - 600
    said = {
        "emon/emontx/power1": "-120.5",
        "emon/emontx/vrms": "231",
        "emon/emonpi": '{"power1": 7, "kwh": {"value": 2.5}}',
        "emon/5": "1,2,3",
        "shellies/shellyem-1/emeter/0/power": "42.1",
        "shellies/shellyem-1/emeter/0/total": "1520034.5",
        "shellypro3em-1/events/rpc": json.dumps({"params": {"ts": ts + 0.5, "em:0": {"total_act_power": -3.5}}}),
        "tele/plug/SENSOR": '{"Time":"2026-01-05T10:00:00","ENERGY":{"Total":3.185,"Power":9}}',
        "zigbee2mqtt/plug": json.dumps({"power": "12", "last_seen": ts * 1000, "linkquality": 99}),
        "N/c0619ab1/system/0/Dc/Battery/Power": '{"value": -850}',
    }
    with following(at, tmp_path / "home") as (_, outbox, _):
        for topic, payload in said.items():
            at.publish(topic, payload)
        expected = {
            "plain": {"import_power_w": 0.0, "export_power_w": 120.5, "voltage_v": 231.0},
            "json": {"import_power_w": 7.0, "export_power_w": 0.0, "import_total_wh": 2500.0},
            "numbers": {"import_power_w": 2.0, "export_power_w": 0.0},
            "shelly1": {"import_power_w": 42.1, "export_power_w": 0.0, "import_total_wh": 1520034.5},
            "shelly2": {"import_power_w": 0.0, "export_power_w": 3.5},
            "tasmota": {"import_power_w": 9.0, "export_power_w": 0.0, "import_total_wh": 3185.0},
            "zigbee": {"import_power_w": 12.0, "export_power_w": 0.0},
            "victron": {"charge_power_w": 0.0, "discharge_power_w": 850.0},
        }
        until(lambda: len({each["device_id"] for each in records(outbox)}) == len(expected))
        time.sleep(0.5)
        found: dict[str, dict[str, Any]] = {}
        times = {}
        for record in records(outbox):
            times[record["device_id"]] = record["time"]
            fields = {name: value for name, value in record.items() if name.endswith(("_w", "_wh", "_v"))}
            found.setdefault(record["device_id"], {}).update(fields)
        assert found == expected
        assert datetime.fromisoformat(times["shelly2"].replace("Z", "+00:00")).timestamp() == ts + 0.5
        assert datetime.fromisoformat(times["zigbee"].replace("Z", "+00:00")).timestamp() == ts


def test_what_the_broker_had_kept_is_of_now_only_where_it_says_so(at: Broker, tmp_path: Path) -> None:
    at.publish("emon/emontx/power1", "5", retain=True)
    ts = int(time.time()) - 60
    at.publish("zigbee2mqtt/plug", json.dumps({"power": 6, "last_seen": ts * 1000}), retain=True)
    with following(at, tmp_path / "home") as (_, outbox, _):
        until(lambda: outbox.count)
        at.publish("emon/emontx/power1", "7")
        until(lambda: outbox.count == 2)
        assert [record["import_power_w"] for record in records(outbox)] == [6.0, 7.0]


def test_values_that_follow_quickly_are_readings_of_their_own(at: Broker, tmp_path: Path) -> None:
    with following(at, tmp_path / "home") as (_, outbox, _):
        for number in range(20):
            at.publish("emon/emontx/power1", str(number))
        until(lambda: outbox.count == 20)
        found = records(outbox)
    assert [record["import_power_w"] for record in found] == list(range(20))
    assert len({record["time"] for record in found}) == 20


def test_what_is_no_value_is_counted_by_its_reason(at: Broker, tmp_path: Path) -> None:
    bad: list[str | bytes] = ["on", "nan", '{"a": 1}', "[" * 5000, "\x00", b"\xff\xfe", "x" * 70_000, "true"]
    with following(at, tmp_path / "home") as (follower, outbox, _):
        for payload in bad:
            at.publish("emon/emontx/power1", payload)
        at.publish("shellypro3em-1/events/rpc", '{"params": {"ts": "noon", "em:0": {"total_act_power": 1}}}')
        until(lambda: sum(follower.gathering.dropped.values()) == len(bad) + 1)
        at.publish("emon/emontx/power1", "1")
        until(lambda: outbox.count == 1)
    assert all(reason.startswith(("emon/emontx/power1: ", "shellypro3em")) for reason in follower.gathering.dropped)


def test_of_a_huge_message_no_more_is_held_than_a_payload_may_have(at: Broker, tmp_path: Path) -> None:
    huge = b"7" * 40_000_000
    with following(at, tmp_path / "home") as (follower, outbox, _):
        tracemalloc.start()
        try:
            at.publish("emon/emontx/power1", huge)
            at.publish("emon/emontx/power1", "1")
            until(lambda: outbox.count == 1, 60)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert follower.gathering.dropped == {"emon/emontx/power1: more than 65536 bytes": 1}
        assert [record["import_power_w"] for record in records(outbox)] == [1.0]
    assert peak < len(huge) / 10
    with following(at, tmp_path / "home") as (follower, _, _):
        time.sleep(0.5)
        assert not follower.gathering.dropped, "the broker was not told that it has come"


def test_hostile_topics_cost_themselves_alone(at: Broker, tmp_path: Path) -> None:
    odd = ["emon/emontx/power1/", "/", "emon//power1", "$solera/x", "á\u202e\U0001f4a3/'; --"]
    names = [*odd, "x" * 65_535, "a/" * 150]
    with following(at, tmp_path / "home", DEVICES[:1]) as (follower, outbox, _):
        follower._client.subscribe("#", qos=1)
        for name in names:
            at.publish(name, "7")
        follower._on_message(follower._client, None, MQTTMessage(0, b"\xff\xfe/power"))
        assert follower.gathering.dropped == {"a topic that is no UTF-8": 1}
        at.publish("emon/emontx/power1", "1")
        until(lambda: outbox.count == 1)
        assert [record["import_power_w"] for record in records(outbox)] == [1.0]
        assert follower.error is None


def test_a_broker_that_goes_and_comes_loses_nothing(at: Broker, tmp_path: Path) -> None:
    with following(at, tmp_path / "home") as (follower, outbox, _):
        at.publish("emon/emontx/power1", "1")
        until(lambda: outbox.count == 1)
        at.stop()
        until(lambda: "away" in str(follower.error))
        at.start()
        until(lambda: follower.error is None, 40)
        at.publish("emon/emontx/power1", "2")
        until(lambda: outbox.count == 2)


def test_what_is_published_while_this_is_away_comes_afterwards(at: Broker, tmp_path: Path) -> None:
    with following(at, tmp_path / "home"):
        pass
    for number in range(5):
        at.publish("emon/emontx/power1", str(number))
    with following(at, tmp_path / "home") as (_, outbox, _):
        until(lambda: outbox.count == 5)
        assert [record["import_power_w"] for record in records(outbox)] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_nothing_is_acknowledged_that_is_not_on_the_disk(at: Broker, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise IntakeFull("no room")

    with pytest.MonkeyPatch.context() as patch, following(at, tmp_path / "home") as (follower, outbox, _):
        patch.setattr(follower._intake, "keep", full)
        for number in range(3):
            at.publish("emon/emontx/power1", str(number))
        time.sleep(1.5)
        assert outbox.count == 0
    # Ended without having kept them: the broker has them still.
    with following(at, tmp_path / "home") as (_, outbox, _):
        until(lambda: outbox.count == 3)
        time.sleep(1)
        assert [record["import_power_w"] for record in records(outbox)] == [0.0, 1.0, 2.0]


def test_an_edited_rule_counts_at_once(at: Broker, tmp_path: Path) -> None:
    with following(at, tmp_path / "home") as (_, outbox, settings):
        at.publish("other/topic", "3")
        changed = [device("plain", import_power_w=("other/topic",))]
        (settings.home / "push.yaml").write_text(yaml.safe_dump(changed))
        time.sleep(1.5)
        at.publish("other/topic", "4")
        at.publish("emon/emontx/power1", "5")
        until(lambda: outbox.count == 1)
        time.sleep(0.6)
        assert [record["import_power_w"] for record in records(outbox)] == [4.0]


def test_a_device_that_must_be_asked_is_asked(at: Broker, tmp_path: Path) -> None:
    rules = [device("asked", voltage_v=("R/portal/keepalive",))]
    with following(at, tmp_path / "home", rules, ask=["R/portal/keepalive"]) as (follower, _, _):
        until(lambda: "R/portal/keepalive: neither JSON nor a number" in follower.gathering.dropped)


def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    closed = Broker(tmp_path / "broker")
    conf = tmp_path / "broker" / "conf"
    conf.write_text(conf.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    closed.start()
    try:
        plain = load_settings(home=tmp_path)
        asked = plain.mqtt.model_copy(update={"broker": f"127.0.0.1:{closed.port}"})
        settings = plain.model_copy(update={"mqtt": asked})
        follower = Mqtt(settings, rules_of(settings), Intake(Outbox(tmp_path / "o.sqlite", 1), 1e6, lambda: None))
        follower.start()
        until(lambda: "refuses" in str(follower.error))
        follower.stop(10)
    finally:
        closed.stop()


def test_the_push_server_follows_the_broker_and_reports(at: Broker, tmp_path: Path) -> None:
    (tmp_path / "push.yaml").write_text(yaml.safe_dump(DEVICES[:1]))
    own = {
        "SOLERA_HOME": str(tmp_path),
        "SOLERA_PORT_OFFSET": "21500",
        "SOLERA_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
    }
    brokers = {"SOLERA_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9", "SOLERA_MQTT__BROKER": f"127.0.0.1:{at.port}"}
    environment = {**os.environ, **own, **brokers}
    report = tmp_path / "run" / "push.json"
    with subprocess.Popen([sys.executable, "-m", "ingest.push"], env=environment) as process:
        until(lambda: report.exists() and json.loads(report.read_text())["mqtt_error"] is None, 60)
        at.publish("emon/emontx/power1", "8")
        until(lambda: json.loads(report.read_text())["accepted"] == 1, 20)
        process.terminate()
    assert process.returncode in (0, -signal.SIGTERM)
    outbox = Outbox(tmp_path / "push" / "outbox.sqlite", 1)
    assert [record["import_power_w"] for record in records(outbox)] == [8.0]


PHASES = [{"input": f"shellies/shellyem3-1/emeter/{phase}/power"} for phase in range(3)]


def test_phases_are_one_power_and_a_difference_is_what_is_left(at: Broker, tmp_path: Path) -> None:
    house = {"installation_id": "casa", "device_kind": "meter"}
    rules = [
        {**house, "device_id": "em3", "inputs": {"import_power_w": PHASES}},
        {**house, "device_id": "rest", "inputs": {"import_power_w": [
            {"input": "emon/pi", "path": "all"}, {"input": "emon/pi", "path": "car", "factor": -1}]}},
    ]  # fmt: skip
    with following(at, tmp_path / "home", rules) as (follower, outbox, _):
        for rule, watts in zip(PHASES, ("100.5", "200", "-50"), strict=True):
            at.publish(rule["input"], watts)
        at.publish("emon/pi", '{"all": 3000, "car": 2300}')
        until(lambda: len(records(outbox)) == 2)
        found = {each["device_id"]: each["import_power_w"] for each in records(outbox)}
        assert found == {"em3": 250.5, "rest": 700.0}
        at.publish(PHASES[0]["input"], "7")
        until(lambda: follower.gathering.dropped)
        assert list(follower.gathering.dropped) == [
            "em3 import_power_w: a part of the sum has not come with the others"
        ]
        assert len(records(outbox)) == 2
