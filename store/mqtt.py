"""A client of the MQTT broker that the settings name."""

from __future__ import annotations

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from conf.sections import MqttSettings

LONGEST_PAUSE_SECONDS = 30
"""Seconds from one attempt to connect to the next, at most."""
MOST_PAYLOAD_BYTES = 65_536
"""Bytes of a payload beyond which none is read."""
MOST_HEAD_BYTES = 2 + 65_535 + 2
"""Bytes of a packet before its payload: the topic with its length, and the message's number."""
AT_ONCE_BYTES = 65_536


class Bounded(Client):
    """A client that holds no more of a packet than its payload's bound: the rest is read, and let go.

    What is given of a longer payload is longer than :data:`MOST_PAYLOAD_BYTES`, too, and no more than that by far.
    """

    def _sock_recv(self, bufsize: int) -> bytes:
        # A packet may have 256 MB. Closing the link instead would have the broker send it again and again.
        del self._in_packet["packet"][MOST_HEAD_BYTES + MOST_PAYLOAD_BYTES + 1 :]
        return super()._sock_recv(min(bufsize, AT_ONCE_BYTES))


def client(conf: MqttSettings, client_id: str, lasts: bool = False) -> Client:
    """A client that enters as ``conf`` says; :func:`connect` lets it begin.

    One whose session ``lasts`` is sent what was published while it was away, and acknowledges each message itself.
    """
    made = Bounded(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=not lasts, manual_ack=lasts)
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
