"""A Kafka partition's messages in, validated_messages out: the whole pass, without a server."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pyarrow as pa

from conf import load_settings
from energy.energy_row import to_us
from speed_layer.readings_query.summary import Summary, total
from speed_layer.readings_query.validate import Message
from speed_layer.readings_query.validated_batch import validating
from tests.support.readings import CATALOGUE, NOON, at, message, payload, reading


def validated_messages(messages: list[Message]) -> list[dict[str, Any]]:
    schema = pa.schema(
        [
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("received_us", pa.int64()),
            ("value", pa.binary()),
            ("size", pa.int64()),
            ("is_replayed", pa.bool_()),
            ("writer", pa.binary()),
            ("signature", pa.binary()),
        ]
    )
    batches = [
        pa.RecordBatch.from_arrays(
            [pa.array(c, f.type) for c, f in zip(zip(*some, strict=True), schema, strict=True)], schema=schema
        )
        for some in (messages[:3], messages[3:])
        if some
    ]
    validated = validating(CATALOGUE, {}, NOON + timedelta(seconds=1), load_settings())(iter(batches))
    return [row for batch in validated for row in batch.to_pylist()]


def of_kind(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["kind"] == kind]


MESSAGES = [
    message(payload(reading(0)), 10),
    message(b"no json", 11),
    message(payload(reading(2)), 12),
    message(payload(reading(0)), 13),
    message(payload(reading(1, ac_power_w=7.0, voltage_v=231.0)), 14),
    message(payload({**reading(3), "installation_id": "nowhere"}), 15),
]


def test_accepted_rows_are_ordered_and_whole() -> None:
    rows = of_kind(validated_messages(MESSAGES), "accepted")
    assert [row["time"] for row in rows] == [at(0), at(1), at(2)]
    assert [row["kafka_offset"] for row in rows] == [10, 14, 12]
    assert rows[0]["ac_power_w"] == 100.0
    assert rows[0]["voltage_v"] is None
    assert rows[0]["write_time"] == to_us(at(0))
    assert rows[0]["day"] == NOON.date()


def test_the_state_needs_the_last_word_on_each_field() -> None:
    rows = of_kind(validated_messages(MESSAGES), "accepted")
    # The newest reading speaks of power and register; voltage was last stated before it.
    assert [row["is_state"] for row in rows] == [False, True, True]


def test_refused_messages_keep_payload_reason_and_place() -> None:
    refused = of_kind(validated_messages(MESSAGES), "quarantined")
    assert [(row["kafka_offset"], row["payload_bytes"]) for row in refused] == [
        (11, 7),
        (15, len(MESSAGES[5].payload or b"")),
    ]
    assert refused[0]["payload"] == b"no json"
    assert refused[1]["reason"] == "unknown installation nowhere"


def test_the_summary_adds_up() -> None:
    rows = validated_messages(MESSAGES)
    summary = total(row["summary"] for row in of_kind(rows, "summary"))
    assert summary == Summary(
        received=6,
        accepted=3,
        duplicate=1,
        quarantined=2,
        late=1,
        first={"0": 10},
        last={"0": 15},
        newest=[("home-1", "home-1-inverter", to_us(at(2)))],
        fields=sorted({*reading(0), "voltage_v"}),
        unknown=["nowhere"],
    )


def test_nothing_comes_of_nothing() -> None:
    assert validated_messages([]) == []


def test_summaries_of_several_tasks_add_up() -> None:
    one = Summary(
        received=2,
        accepted=1,
        duplicate=1,
        first={"0": 5},
        last={"0": 6},
        newest=[("h", "a", 3), ("h", "b", 1)],
        unknown=["x"],
    )
    two = Summary(
        received=1,
        quarantined=1,
        first={"1": 0},
        last={"1": 0},
        newest=[("h", "a", 2), ("i", "a", 9)],
        unknown=["x", "y"],
    )
    assert total([one.to_json(), two.to_json()]) == Summary(
        received=3,
        accepted=1,
        duplicate=1,
        quarantined=1,
        first={"0": 5, "1": 0},
        last={"0": 6, "1": 0},
        newest=[("h", "a", 3), ("h", "b", 1), ("i", "a", 9)],
        unknown=["x", "y"],
    )


def test_a_dropped_field_is_said_and_its_reading_accepted() -> None:
    sent = {**json.loads(payload(reading(0))), "soc_pct": 6553.5}
    rows = validated_messages([message(json.dumps(sent).encode())])
    (accepted,) = of_kind(rows, "accepted")
    assert accepted["soc_pct"] is None
    (said,) = of_kind(rows, "quarantined")
    assert said["code"] == "field"
    assert said["reason"].startswith("without soc_pct: ")
