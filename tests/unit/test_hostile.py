"""Hostile messages and files: each is taken or refused with a reason, alike in both layers, in bounded memory."""

from __future__ import annotations

import gzip
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import pytest

from batch_layer.master.validate import validated_row
from energy.energy_row import to_us
from energy.topics import MAX_PAYLOAD_BYTES, TOPICS, Rejected
from ingest.files.replay import ReplayError, keyed, lines
from speed_layer.readings_query.validate import Message, validate
from store.catalogue import Catalogue
from store.quarantine import PAYLOAD_BYTES
from tests.support.hostile_messages import COUNT, corpus, good

HOME = "hostile"
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
RECEIVED = NOON + timedelta(hours=1)
MEGABYTES = 1 << 20
CATALOGUE = Catalogue(frozenset({HOME}))


def by_batch(topic: str, payload: bytes) -> dict[str, object]:
    place = {"partition": 0, "offset": 7, "received_us": to_us(RECEIVED), "is_replayed": False}
    message = {**place, "value": payload, "size": len(payload), "writer": None, "signature": None}
    return validated_row(topic, CATALOGUE, message)


@pytest.mark.parametrize("topic", TOPICS)
def test_each_message_is_taken_or_refused_with_a_reason(topic: str) -> None:
    messages = corpus(topic, HOME, NOON)
    assert len(messages) >= COUNT
    refused = 0
    for payload in messages:
        row = by_batch(topic, payload)
        if "reason" not in row:
            assert set(row) - {"kafka_partition", "kafka_offset", "received_at"} <= set(TOPICS[topic].columns)
            continue
        refused += 1
        assert row["reason"]
        assert len(str(row["reason"])) < 500
        assert row["payload"] == payload[:PAYLOAD_BYTES]
        assert row["payload_bytes"] == len(payload)
    assert refused > COUNT // 2
    assert "reason" not in by_batch(topic, json.dumps(good(topic, HOME, NOON)).encode())


def test_both_layers_validate_alike() -> None:
    for payload in corpus("readings", HOME, NOON):
        row = by_batch("readings", payload)
        message = Message(0, 7, round(RECEIVED.timestamp() * 1_000_000), payload, len(payload))
        try:
            by_speed: object = validate(message, CATALOGUE)
        except Rejected as reason:
            by_speed = str(reason)
        assert by_speed == row.get(
            "reason", {name: value for name, value in row.items() if name in TOPICS["readings"].columns}
        )


def test_memory_stays_bounded() -> None:
    messages = [payload for topic in TOPICS for payload in corpus(topic, HOME, NOON)]
    largest = sorted(messages, key=len)[-40:]

    def validate_all() -> None:
        for payload in largest:
            for topic in TOPICS:
                by_batch(topic, payload)

    validate_all()
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(2):
        validate_all()
    assert process.memory_info().rss - before < 64 * MEGABYTES


def hostile_files(folder: Path) -> list[Path]:
    """500 files as a replay may be given them: messages, truncated archives, one endless line, no text at all."""
    chance = random.Random(500)
    messages = corpus("readings", HOME, NOON)
    packed = gzip.compress(b"\n".join(messages[:50]), mtime=0)
    contents = [b"", b"\x1f\x8b", b"\n" * 10_000, packed + b"rest", packed * 2, b"x" * (2 * MAX_PAYLOAD_BYTES)]
    contents += [packed[: chance.randrange(len(packed))] for _ in range(150)]
    contents += [bytes(chance.randrange(256) for _ in range(chance.randrange(300))) for _ in range(150)]
    contents += [b"\n".join(chance.sample(messages, 3)) for _ in range(COUNT - len(contents))]
    for n, content in enumerate(contents):
        (folder / f"{n:03}.jsonl").write_bytes(content)
    return sorted(folder.iterdir())


def test_each_line_of_a_file_is_published_as_it_stands_or_the_file_is_named(tmp_path: Path) -> None:
    files = hostile_files(tmp_path)
    assert len(files) == COUNT
    ended = [replayed(path) for path in files]
    assert ended.count("") > 150
    refused = [(path, sentence) for path, sentence in zip(files, ended, strict=True) if sentence]
    assert len(refused) > 100
    assert all(str(path) in sentence for path, sentence in refused)


def replayed(path: Path) -> str:
    """Why the file can't be replayed to its end; "" where it can."""
    try:
        for line in lines(path, MAX_PAYLOAD_BYTES):
            assert keyed("readings", line).value == line
    except ReplayError as error:
        return str(error)
    return ""
