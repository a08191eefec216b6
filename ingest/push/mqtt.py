"""Follows the topics that the rules name at a broker, by QoS 1: a message is acknowledged once it is on the disk.

The session lasts: what is published while this is away comes afterwards. A message that the broker had kept (retained)
counts only where it says its own time, for it may be of any age.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode

from conf import Settings
from conf.watched_file import WatchedFile
from ingest.publishing.message import message
from ingest.push.gathering import Draft, Gathering
from ingest.push.intake import Intake, IntakeFull, TooFast
from ingest.push.rules import DeviceRules, RulesError, reading_of
from ingest.push.tokens import Site
from store import mqtt

log = logging.getLogger("push")
GATHER_SECONDS = 1.0
"""Values of a device that come within it are one reading, where none hides another."""
ASK_SECONDS = 30.0
"""Seconds between messages to the topics of ``mqtt.ask``: a Victron GX falls silent after a minute without."""
REMEMBERED = 1_000
"""Messages kept whose acknowledgement may be lost: repeated, they are acknowledged again and not kept again."""


class Mqtt(threading.Thread):
    """One broker's messages into ``intake``, for as long as the process runs."""

    def __init__(self, settings: Settings, rules: WatchedFile[list[DeviceRules]], intake: Intake) -> None:
        super().__init__(name="mqtt", daemon=True)
        self.error: str | None = "not connected yet"
        self.gathering = Gathering()
        self._conf, self._rules, self._intake = settings.mqtt, rules, intake
        self._devices: list[DeviceRules] = []
        self._subscribed: set[str] = set()
        self._kept: deque[tuple[int, str, bytes]] = deque(maxlen=REMEMBERED)
        self._seen: dict[int, tuple[int, str, bytes]] = {}
        self._stopping = threading.Event()
        self._client = self._made()

    def _made(self) -> Client:
        client = mqtt.client(self._conf, self._conf.client_id, lasts=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_message = self._on_message
        return client

    def run(self) -> None:
        """Apply the rules and keep what was gathered, until stopped."""
        self._follow_rules()
        mqtt.connect(self._client, self._conf)
        asked = 0.0
        while not self._stopping.wait(GATHER_SECONDS):
            self._follow_rules()
            self._keep()
            asked += GATHER_SECONDS
            if asked >= ASK_SECONDS:
                asked = 0.0
                self._ask()
        self._keep()
        mqtt.disconnect(self._client)

    def stop(self, seconds: float) -> None:
        """Keep what has come, and end; what is not acknowledged comes again."""
        self._stopping.set()
        self.join(seconds)

    def _follow_rules(self) -> None:
        try:
            devices = self._rules.current()
        except RulesError as error:
            self._say(str(error))
            return
        if devices == self._devices:
            return
        self._devices = devices
        wanted = {topic for device in devices for topic in device.topics}
        if self._client.is_connected():
            self._subscribe(wanted - self._subscribed)
            for topic in self._subscribed - wanted:
                self._client.unsubscribe(topic)
        self._subscribed = wanted

    def _subscribe(self, topics: set[str]) -> None:
        for topic in sorted(topics):
            self._client.subscribe(topic, qos=1)

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self._say(f"the broker at {self._conf.broker} refuses: {code}")
            return
        self._say(None)
        self._subscribe(self._subscribed)
        self._ask()

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not self._stopping.is_set() and self.error is None:
            self._say(f"the broker at {self._conf.broker} is away: {code}")

    def _on_message(self, client: Client, _data: Any, said: MQTTMessage) -> None:
        try:
            topic = said.topic
        except UnicodeDecodeError:
            self.gathering.dropped["a topic that is no UTF-8"] += 1
            client.ack(said.mid, said.qos)
            return
        received = (said.mid, topic, bytes(said.payload))
        is_known = said.dup and received in self._kept
        if is_known or not self.gathering.add(self._devices, *received[1:], said.mid, said.retain):
            client.ack(said.mid, said.qos)
        elif said.qos:
            self._seen[said.mid] = received

    def _keep(self) -> None:
        drafts = self.gathering.take()
        left: list[Draft] = []
        for installation in dict.fromkeys(draft.device.installation_id for draft in drafts):
            own = [draft for draft in drafts if draft.device.installation_id == installation]
            readings = (reading_of(each.device, each.time, each.fields, "mqtt") for each in own if each.fields)
            site = Site(f"mqtt {installation}", frozenset({installation}))
            try:
                self._intake.keep(site, [message("readings", each) for each in readings])
            except (IntakeFull, TooFast):
                left += own
        self.gathering.give_back(left)
        waiting = {receipt for draft in left for receipt in draft.receipts}
        for receipt in {receipt for draft in drafts for receipt in draft.receipts} & self._seen.keys() - waiting:
            self._kept.append(self._seen.pop(receipt))
            self._client.ack(receipt, 1)

    def _ask(self) -> None:
        for topic in self._conf.ask:
            self._client.publish(topic, b"", qos=0)

    def _say(self, error: str | None) -> None:
        if error and error != self.error:
            log.warning("%s", error)
        if self.error and not error:
            log.info("follows %d topics at %s", len(self._subscribed), self._conf.broker)
        self.error = error
