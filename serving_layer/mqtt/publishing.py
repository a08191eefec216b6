"""Publishes what has changed of the installations that ``mqtt.publish`` names, retained, while the API runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode

from conf.refusal import Refusal
from conf.sections import MqttSettings
from serving_layer.access.door import seen
from serving_layer.access.person import Person
from serving_layer.mqtt.topics import (
    FORECAST,
    Messages,
    of_discovery,
    of_forecast,
    of_forecast_discovery,
    of_state,
    patterns,
)
from serving_layer.reader import Reader
from serving_layer.views import catalogue, forecast, merged, state
from store import mqtt

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
WHO = "MQTT broker"
"""The reader of what is published, as the access log names it."""


class Publishing(threading.Thread):
    """Asks ``look`` every :data:`EVERY_SECONDS` and publishes what is other than before.

    What there is no more, as of an installation that was forgotten, is taken from the broker, whoever published it.
    """

    def __init__(self, conf: MqttSettings, look: Callable[[], Messages]) -> None:
        super().__init__(name="mqtt", daemon=True)
        self._faults: dict[str, str] = {"broker": "not connected yet"}
        self._conf, self._look = conf, look
        self._said: Messages = {}
        self._kept: set[str] = set()
        """Topics that the broker kept from earlier."""
        self._stopping = threading.Event()
        self._client = mqtt.client(conf, f"{conf.client_id}-out")
        self._client.on_connect, self._client.on_disconnect = self._on_connect, self._on_disconnect
        self._client.on_message = self._on_message

    def run(self) -> None:
        """Publish until stopped."""
        mqtt.connect(self._client, self._conf)
        while not self._stopping.is_set():
            if self._client.is_connected():
                self._publish()
            self._stopping.wait(EVERY_SECONDS)
        mqtt.disconnect(self._client)

    def stop(self, seconds: float) -> None:
        """Publish no more."""
        self._stopping.set()
        self.join(seconds)

    def _publish(self) -> None:
        try:
            messages = self._look()
        except Refusal as error:
            self._say("store", str(error))
            return
        self._say("store", "")
        for topic, payload in messages.items():
            if self._said.get(topic) != payload:
                self._client.publish(topic, payload, qos=1, retain=True)
                self._said[topic] = payload
        for topic in {*self._said, *self._kept}.difference(messages):
            self._client.publish(topic, "", qos=1, retain=True)  # an empty one is kept no more
            self._said.pop(topic, None)
            self._kept.discard(topic)

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        # A broker that was started anew may have forgotten what it kept.
        self._said = {}
        if not code.is_failure:
            self._client.subscribe([(each, 1) for each in patterns(self._conf.publish)])
        self._say("broker", f"the broker at {self._conf.broker} refuses: {code}" if code.is_failure else "")

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.retain:
            self._kept.add(message.topic)

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not self._stopping.is_set():
            self._say("broker", f"the broker at {self._conf.broker} is away: {code}")

    @property
    def error(self) -> str:
        """The reason why nothing is published; empty where it is."""
        return "; ".join(filter(None, self._faults.values()))

    def _say(self, of: str, fault: str) -> None:
        """Note the ``fault`` of the broker or the store, and say it where it is new."""
        before, self._faults[of] = self._faults.get(of, ""), fault
        if fault and fault != before:
            log.warning("nothing is published by MQTT: %s", fault)
        elif before and not self.error:
            log.info("publishes %s by MQTT at %s", ", ".join(self._conf.publish), self._conf.broker)


def messages_of(reader: Reader, installation_ids: list[str]) -> Messages:
    """Everything that is published of these installations now; nothing of one that is not registered.

    Raises what the views raise.
    """
    found: Messages = {}
    now, visible = datetime.now(timezone.utc), merged.seen(reader)
    named = frozenset(installation_ids)
    broker = Person(WHO, "", now, "service", installations=named, communities=named)
    for installation_id in installation_ids:
        try:
            row = seen(reader, installation_id, broker, "state and forecast")
        except catalogue.UnknownInstallation:
            continue
        states = state.devices(reader, state.members(row, catalogue.installations(reader)), now)
        power = state.power(states, now)
        found |= of_state(installation_id, power, states) | of_discovery(installation_id, power)
        for quantity in FORECAST:
            try:
                newest = forecast.newest(reader, installation_id, quantity, visible)
            except forecast.NoForecast:
                continue
            found |= of_forecast(installation_id, quantity, newest) | of_forecast_discovery(installation_id, quantity)
    return found
