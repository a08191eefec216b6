"""The flows of docs/recipes.md in a real Node-RED, at a real broker: only addresses are of this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.peers.mosquitto import Broker, broker
from tests.support.peers.mosquitto import program as mosquitto
from tests.support.peers.node_red import node_red, program
from tests.support.servers.push import push_server
from tests.unit.serving_layer.mqtt.test_recipes import block, power

pytestmark = pytest.mark.skipif(
    program() is None or mosquitto("mosquitto") is None,
    reason="NODE_PATH has no node-red, or mosquitto is not installed",
)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with broker(tmp_path / "broker") as running:
        yield running


def here(flow: list[dict[str, Any]], at: Broker, push: str = "") -> list[dict[str, Any]]:
    """The flow with the broker and the push server of this test."""
    text = json.dumps(flow).replace("192.168.1.10", "127.0.0.1").replace('"1883"', f'"{at.port}"')
    return list(json.loads(text.replace("http://127.0.0.1:8001", push)))


@contextmanager
def client(at: Broker, heard: list[str]) -> Iterator[Client]:
    """One that hears the plug."""
    made = Client(CallbackAPIVersion.VERSION2)
    made.on_connect = lambda client, *_: client.subscribe("cmnd/boiler/POWER", qos=1)
    made.on_message = lambda _client, _data, said: heard.append(said.payload.decode())
    made.connect("127.0.0.1", at.port)
    made.loop_start()
    yield made
    made.disconnect()
    made.loop_stop()


def repeated(sending: Client, topic: str, payload: str, until: Callable[[], object]) -> None:
    """Say it again until something has come of it: Node-RED takes its time to start."""
    end = time.monotonic() + 120
    while not until():
        assert time.monotonic() < end
        sending.publish(topic, payload)
        time.sleep(0.5)


def test_the_plug_follows_what_is_published(at: Broker, tmp_path: Path) -> None:
    heard: list[str] = []
    with client(at, heard) as sending, node_red(tmp_path, here(block("Node-RED acts on it", "json"), at), {}):
        for export_w, said in ((2500.0, "ON"), (100.0, "OFF")):
            ((topic, payload),) = power(export_w).items()
            repeated(sending, topic, payload, partial(heard.__contains__, said))


def test_its_reading_is_taken(at: Broker, tmp_path: Path) -> None:
    with push_server(tmp_path / "server", ["finca-1"]) as server, client(at, []) as sending:
        flow = here(block("Node-RED's values become readings", "json"), at, server.address)
        with node_red(tmp_path, flow, {"SOLERA_TOKEN": server.token}):
            said = '{"power": 1234.5, "total_kwh": 20.5}'
            repeated(sending, "sensors/roof", said, lambda: server.outbox.count)
        first = json.loads(server.taken()[0].value)
    assert (first["device_id"], first["ac_power_w"], first["energy_total_wh"]) == ("roof", 1234.5, 20500.0)
