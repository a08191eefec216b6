"""The plain loop the speed layer is measured beside: kafka-python, json, cassandra-driver's concurrent writes.

``python -m bench.streams.loop COUNT``: from the beginning of topic ``readings`` until COUNT messages are done
(0 = from its end, until killed). Settings, tables and durability are those of the speed layer; offsets are
committed after the writes.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

from cassandra.concurrent import execute_concurrent
from kafka import KafkaConsumer

from conf import load_settings
from energy.topics import TOPICS
from store import cassandra
from store.kafka import kafka_python

FIELDS = tuple(TOPICS["readings"].columns)
CONCURRENCY = 128


def main(count: int) -> None:
    """Consume and write; prints the seconds from the first message on."""
    settings = load_settings()
    session = cassandra.connect(settings)
    into = ", ".join(FIELDS)
    marks = ", ".join("?" * len(FIELDS))
    reading = session.prepare(
        f"INSERT INTO reading_by_day ({into}, day, kafka_partition, kafka_offset) "  # noqa: S608
        f"VALUES ({marks}, ?, ?, ?) USING TIMESTAMP ?"
    )
    state = session.prepare(f"INSERT INTO inverter_state ({into}) VALUES ({marks}) USING TIMESTAMP ?")  # noqa: S608
    known = {row.installation_id for row in session.execute("SELECT installation_id FROM installation")}
    consumer = KafkaConsumer(
        "readings",
        **kafka_python(settings),
        group_id=f"loop-{time.time_ns()}",
        auto_offset_reset="earliest" if count else "latest",
        enable_auto_commit=False,
    )
    newest: dict[str, datetime] = {}
    done, started = 0, 0.0
    while not count or done < count:
        messages = [each for some in consumer.poll(500, max_records=5_000).values() for each in some]
        if messages and not started:
            started = time.monotonic()
        writes: list[tuple[Any, tuple[Any, ...]]] = []
        latest: dict[str, tuple[Any, ...]] = {}
        for message in messages:
            record = json.loads(message.value)
            device, at = record["device_id"], datetime.fromisoformat(record["time"].replace("Z", "+00:00"))
            if record["installation_id"] not in known or (device in newest and at <= newest[device]):
                continue
            newest[device] = at
            record["time"] = at
            values = tuple(record.get(name) for name in FIELDS)
            written = round(at.timestamp() * 1_000_000)
            writes.append((reading, (*values, at.date(), message.partition, message.offset, written)))
            latest[device] = (*values, written)
        writes += [(state, values) for values in latest.values()]
        execute_concurrent(session, writes, concurrency=CONCURRENCY)
        consumer.commit()
        done += len(messages)
    print(time.monotonic() - started)


if __name__ == "__main__":
    main(int(sys.argv[1]))
