"""MQTT both ways with aiomqtt, at a mosquitto: what it publishes becomes readings, what is published it hears."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from conf import load_settings
from ingest.gateway.outbox import Outbox
from ingest.push.intake import Intake
from ingest.push.mqtt import Mqtt
from ingest.push.rules import rules_of
from serving_layer.mqtt.publishing import Publishing
from serving_layer.mqtt.topics import of_discovery, of_state
from tests.support.peers.compared.asked import Compared, beside, said, together
from tests.support.peers.mosquitto import broker

DEVICES = 20
PATIENCE_SECONDS = 60.0


def aiomqtt() -> Compared:
    """Both ways."""
    with tempfile.TemporaryDirectory(prefix="solera-mqtt-") as folder:
        (Path(folder) / "broker").mkdir()
        with broker(Path(folder) / "broker") as at:
            return together([_heard_by_us(at.port, Path(folder)), _heard_by_it(at.port)])


def _heard_by_us(port: int, home: Path) -> Compared:
    powers = {f"d{number}": number * 10.5 for number in range(DEVICES)}
    rules = [
        {"installation_id": "casa", "device_id": name, "device_kind": "meter",
         "inputs": {"import_power_w": {"input": f"site/{name}", "path": "power"}}}
        for name in powers
    ]  # fmt: skip
    (home / "push.yaml").write_text(yaml.safe_dump(rules))
    plain = load_settings(home=home)
    settings = plain.model_copy(update={"mqtt": plain.mqtt.model_copy(update={"broker": f"127.0.0.1:{port}"})})
    outbox = Outbox(home / "push" / "outbox.sqlite", 10)
    follower = Mqtt(settings, rules_of(settings), Intake(outbox, 1e6, lambda: None))
    follower.start()
    try:
        _wait(lambda: follower.error is None)
        time.sleep(0.5)  # the broker answers to what it is asked for
        payloads = {f"site/{name}": json.dumps({"power": power}) for name, power in powers.items()}
        said("aiomqtt_client", "publish", port, json.dumps(payloads))
        _wait(lambda: outbox.count == len(powers))
        readings = [json.loads(kept.message.value) for kept in outbox.oldest(1000)]
    finally:
        follower.stop(10)
        outbox.close()
    return beside("published", {each["device_id"]: each["import_power_w"] for each in readings}, powers)


def _heard_by_it(port: int) -> Compared:
    power = {"generation_w": 1234.5, "consumption_w": 800.0, "export_w": 434.5}
    state: dict[str, Any] = {"device_id": "roof", "device_kind": "inverter", "ac_power_w": 1234.5}
    messages = of_state("finca ñ", power, [state]) | of_discovery("finca ñ", power)
    mqtt = load_settings().mqtt.model_copy(update={"broker": f"127.0.0.1:{port}", "publish": ["finca ñ"]})
    publishing = Publishing(mqtt, lambda: messages)
    publishing.start()
    try:
        heard = said("aiomqtt_client", "hear", port, len(messages))
    finally:
        publishing.stop(10)
    wrong = tuple(f"heard {topic}: {heard.get(topic)}" for topic in messages if heard.get(topic) != messages[topic])
    return Compared(len(messages), wrong)


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
