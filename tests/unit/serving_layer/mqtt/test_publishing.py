"""What is published at a real mosquitto: what has changed, kept for whoever comes later, and again for a new broker."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from conf import load_settings
from conf.refusal import Refusal
from serving_layer.app import create_app
from serving_layer.mqtt import publishing
from serving_layer.mqtt.publishing import Publishing
from serving_layer.mqtt.topics import Messages, of_discovery, of_forecast, of_state
from serving_layer.views.forecast import Forecast, ForecastHour
from tests.support.peers.mosquitto import Broker, broker, program

NOON = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
STATE = {"installation_id": "casa", "device_id": "meter-1", "device_kind": "meter", "time": NOON, "age_s": 3.2,
         "import_power_w": 420.0}  # fmt: skip


def test_a_state_is_its_power_and_its_devices() -> None:
    found = of_state("casa", {"import_w": 420.0}, [STATE])
    assert json.loads(found["solera/casa/power"]) == {"import_w": 420.0}
    device = json.loads(found["solera/casa/device/meter-1"])
    assert device["time"] == "2026-07-01T12:00:00Z"
    assert "age_s" not in device
    assert of_state("casa", {"import_w": 420.0}, [{**STATE, "age_s": 4.0}]) == found


def test_a_forecast_is_its_hours() -> None:
    hours = (ForecastHour(NOON, 1.0, 2.0, 3.0, "forest", "weather", "run"),)
    ((topic, payload),) = of_forecast("casa", "generation", Forecast(NOON - timedelta(hours=12), hours)).items()
    assert topic == "solera/casa/forecast/generation"
    assert json.loads(payload) == {
        "issued_at": "2026-07-01T00:00:00Z", "model": "forest", "step": "weather",
        "values": [{"time": "2026-07-01T12:00:00Z", "p10_wh": 1.0, "p50_wh": 2.0, "p90_wh": 3.0}],
    }  # fmt: skip


def test_home_assistant_discovers_each_power_that_there_is() -> None:
    found = of_discovery("casa.1", {"import_w": 1.0, "generation_w": 2.0, "other": 3.0})
    assert sorted(found) == [
        "homeassistant/sensor/solera_casa_1_generation_w/config",
        "homeassistant/sensor/solera_casa_1_import_w/config",
    ]
    config = json.loads(found["homeassistant/sensor/solera_casa_1_import_w/config"])
    assert config["state_topic"] == "solera/casa.1/power"
    assert config["value_template"] == "{{ value_json.import_w }}"


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_no_name_makes_a_topic_of_another_or_a_wildcard(one: str, other: str) -> None:
    topics = [
        next(topic for topic in of_state("casa", {}, [{**STATE, "device_id": name}]) if "/device/" in topic)
        for name in (one, other)
    ]
    for topic in topics:
        assert re.fullmatch(r"solera/casa/device/[^/+#\x00]+", topic)
        topic.encode()
    assert (topics[0] == topics[1]) == (one == other)


@pytest.mark.parametrize(
    ("options", "runs"), [({}, False), ({"broker": "127.0.0.1:1"}, False), ({"publish": ["casa"]}, False)]
)
def test_nothing_is_published_unasked(tmp_path: Path, options: dict[str, Any], runs: bool) -> None:
    plain = load_settings(home=tmp_path, port_offset=21_000)
    app = create_app(plain.model_copy(update={"mqtt": plain.mqtt.model_copy(update=options)}))
    assert (publishing_of(app.state) is not None) is runs


def publishing_of(state: Any) -> Any:
    from serving_layer import app

    return app._publishing(state.settings, state.reader)


needs_mosquitto = pytest.mark.skipif(program("mosquitto") is None, reason="mosquitto is not installed")


class Subscriber:
    """A client that comes and hears what is kept, and what follows."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, str, bool]] = []
        client = Client(CallbackAPIVersion.VERSION2)
        client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        client.on_message = lambda _client, _data, said: self.messages.append(
            (said.topic, said.payload.decode(), said.retain)
        )
        client.connect("127.0.0.1", port)
        client.loop_start()
        self._client = client

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def subscribed(port: int) -> Iterator[list[tuple[str, str, bool]]]:
    client = Subscriber(port)
    try:
        yield client.messages
    finally:
        client.stop()


def until(holds: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def published(at: Broker, look: Callable[[], Messages]) -> Iterator[Publishing]:
    conf = load_settings().mqtt.model_copy(update={"broker": f"127.0.0.1:{at.port}", "publish": ["casa"]})
    running = Publishing(conf, look)
    running.start()
    try:
        yield running
    finally:
        running.stop(10)
        assert not running.is_alive()


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    monkeypatch.setattr(publishing, "EVERY_SECONDS", 0.2)
    (tmp_path / "broker").mkdir()
    with broker(tmp_path / "broker") as running:
        yield running


@needs_mosquitto
def test_what_changes_is_published_once_and_kept(at: Broker) -> None:
    said = {"solera/casa/power": "1", "solera/casa/device/a": "2"}
    with published(at, lambda: dict(said)), subscribed(at.port) as live:
        until(lambda: len(live) == 2)
        time.sleep(1)
        said["solera/casa/power"] = "3"
        until(lambda: len(live) == 3)
        time.sleep(0.5)
        assert [each[:2] for each in live[2:]] == [("solera/casa/power", "3")]
    with subscribed(at.port) as late:
        until(lambda: len(late) == 2)
        assert sorted(late) == [("solera/casa/device/a", "2", True), ("solera/casa/power", "3", True)]


@needs_mosquitto
def test_a_store_that_is_away_and_a_broker_that_comes_back(at: Broker) -> None:
    away = threading.Event()

    def look() -> Messages:
        if away.is_set():
            raise Refusal("Cassandra does not answer")
        return {"solera/casa/power": "1"}

    with published(at, look) as running:
        until(lambda: not running.error)
        away.set()
        until(lambda: "Cassandra does not answer" in running.error)
        at.stop()
        until(lambda: "is away" in running.error)
        away.clear()
        at.start()
        until(lambda: not running.error)
        with subscribed(at.port) as live:
            until(lambda: ("solera/casa/power", "1", True) in live)


@needs_mosquitto
def test_what_there_is_no_more_is_taken_from_the_broker_and_nothing_else(at: Broker) -> None:
    other = {"solera/otra/power": "1", "homeassistant/sensor/solera_otra_import_w/config": "{}", "else": "1"}
    said = {**of_state("casa", {"import_w": 420.0}, [STATE]), **of_discovery("casa", {"import_w": 420.0})}
    with published(at, lambda: {**said, **other}), subscribed(at.port) as live:
        until(lambda: len(live) == len(said) + len(other))
    gone = said.pop("solera/casa/device/meter-1")
    assert gone
    with published(at, lambda: dict(said)), subscribed(at.port) as live:
        until(lambda: ("solera/casa/device/meter-1", "", False) in live)
        said.clear()
        until(lambda: [payload for _, payload, _ in live].count("") == 3)
    with subscribed(at.port) as late:
        until(lambda: len(late) == len(other))
        time.sleep(0.3)
        assert {topic: payload for topic, payload, _ in late} == other
