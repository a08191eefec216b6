"""The readings the speed layer is measured with: inverters and meters at 5-second steps, in order, some twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from confluent_kafka import Consumer, Producer, TopicPartition

from conf import Settings
from energy.topics import REPLAYED
from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from store import cassandra
from store.history.periods import Period
from store.kafka import confluent

DEVICES = 500
STEP = timedelta(seconds=5)
ORIGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""When the registers stood at their beginning: backlog and live readings are of the same registers."""
REPEATED_EVERY = 50
"""One message in so many is sent twice, as a gateway does whose acknowledgement was lost."""


def register(settings: Settings, devices: int = DEVICES) -> None:
    """Register one installation for every two devices, ten installations a community."""
    with cassandra.session(settings) as session:
        for number in range((devices + 1) // 2):
            installation, community = f"bench-{number:04d}", f"bench-community-{number // 10:03d}"
            session.execute(
                "INSERT INTO installation (installation_id, name, kind, capacity_kw, community_id) "
                "VALUES (%s, %s, %s, %s, %s)",
                (installation, installation, "home", 5.0, community),
            )
            session.execute("INSERT INTO installation (installation_id, kind) VALUES (%s, 'community')", (community,))
            dated.write(CAPACITY, session, {}, {installation: [Period(5.0)]})
            dated.write(MEMBERSHIP, session, {}, {installation: [Period(community)]})
            for kind in ("inverter", "meter"):
                session.execute(
                    "INSERT INTO device (installation_id, device_id, device_kind) VALUES (%s, %s, %s)",
                    (installation, f"{installation}-{kind}", kind),
                )


def backlog(count: int, start: datetime, devices: int = DEVICES) -> Iterator[tuple[str, bytes]]:
    """``count`` messages (key, value) from ``start`` on, every device once a step."""
    sent = 0
    step = 0
    while sent < count:
        at = start + step * STEP
        for device in range(devices):
            message = reading(device, at)
            yield message
            sent += 1
            if sent % REPEATED_EVERY == 0 and sent < count:
                yield message
                sent += 1
            if sent >= count:
                return
        step += 1


def power(device: int, at: datetime) -> int:
    """Watts of a device at an instant; from one second to the next a page shows another number for minutes."""
    return 1000 + ((at - ORIGIN) // timedelta(seconds=1) + device) * 13 % 3000


def reading(device: int, at: datetime) -> tuple[str, bytes]:
    """The message (key, value) of one device at one instant."""
    step = (at - ORIGIN) // STEP
    installation = f"bench-{device // 2:04d}"
    head = f'{{"schema":1,"installation_id":"{installation}","time":"{at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]}Z",'
    watts = power(device, at)
    if device % 2:
        return installation, (
            f'{head}"device_id":"{installation}-meter","device_kind":"meter","source":"bench",'
            f'"import_power_w":{watts / 2},"export_power_w":{watts / 4},"import_total_wh":{step * 2 + 10},'
            f'"export_total_wh":{step + 10},"voltage_v":230.1,"frequency_hz":50.0}}'
        ).encode()
    return installation, (
        f'{head}"device_id":"{installation}-inverter","device_kind":"inverter","source":"bench",'
        f'"ac_power_w":{watts},"dc_power_w":{watts * 1.03:.1f},"energy_total_wh":{step * 3 + 10},'
        f'"voltage_v":230.1,"current_a":{watts / 230:.2f},"frequency_hz":50.0,"status":"on","status_code":4}}'
    ).encode()


def publish(settings: Settings, count: int, start: datetime, devices: int = DEVICES) -> None:
    """Send a backlog of ``count`` messages to topic ``readings``."""
    send(settings, backlog(count, start, devices))


def send(settings: Settings, messages: Iterable[tuple[str, bytes]]) -> None:
    """Send (key, value) of each to topic ``readings``, marked as replayed, as quickly as Kafka takes them."""
    producer = Producer(confluent(settings) | {"enable.idempotence": True, "linger.ms": 20})
    for number, (key, value) in enumerate(messages):
        producer.produce("readings", value, key, headers=[(REPLAYED, b"")])
        if number % 5_000 == 0:
            producer.poll(0)
            while len(producer) > 50_000:
                producer.poll(0.05)
    producer.flush()


def a_while_ago(count: int, devices: int = DEVICES) -> datetime:
    """The start of a backlog of ``count`` messages that ends a minute ago (UTC)."""
    return datetime.now(timezone.utc).replace(microsecond=0) - (count / devices) * STEP - timedelta(minutes=1)


def ends(settings: Settings) -> dict[str, int]:
    """The last offset of each partition of topic ``readings`` that has messages."""
    consumer = Consumer(confluent(settings) | {"group.id": "bench"})
    try:
        partitions = consumer.list_topics("readings", 10).topics["readings"].partitions
        last = {str(p): consumer.get_watermark_offsets(TopicPartition("readings", p))[1] - 1 for p in partitions}
    finally:
        consumer.close()
    return {partition: offset for partition, offset in last.items() if offset >= 0}
