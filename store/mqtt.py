"""A client of the MQTT broker that the settings name."""

from __future__ import annotations

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from conf.sections import MqttSettings

LONGEST_PAUSE_SECONDS = 30
"""From one attempt to connect to the next."""


def client(conf: MqttSettings, client_id: str, lasts: bool = False) -> Client:
    """A client that enters as ``conf`` says; :func:`connect` lets it begin.

    One whose session ``lasts`` is sent what was published while it was away, and acknowledges each message itself.
    """
    made = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=not lasts, manual_ack=lasts)
    if conf.username:
        made.username_pw_set(conf.username, conf.password.get_secret_value())
    if conf.tls:
        made.tls_set()
    made.reconnect_delay_set(1, LONGEST_PAUSE_SECONDS)
    return made


def connect(made: Client, conf: MqttSettings) -> None:
    """Connect in a thread of its own, again and again where the broker is away."""
    host, _, port = conf.broker.rpartition(":")
    made.connect_async(host, int(port))
    made.loop_start()


def disconnect(made: Client) -> None:
    """Leave in good order."""
    made.disconnect()
    made.loop_stop()
