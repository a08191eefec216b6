"""Messages that nobody should send and somebody will: the same 500 and more of each topic every time."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from energy.topics import MAX_PAYLOAD_BYTES, TOPICS

COUNT = 500
NUMBERS = ("NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e400", "-0.0", "9" * 400, "0x1F", "1_000", "1,5", "٣")
OTHERS: tuple[Any, ...] = (
    "much",
    "5 kW",
    "3.2 kWh",
    "",
    [],
    [1.0],
    {},
    {"value": 1},
    True,
    False,
    None,
    "1.0",
    1 << 70,
)
TIMES = (
    "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "now", "",
    "2026-02-30T00:00:00Z", "2026-06-01T12:00:00", "2026-06-01 25:61:00Z", "01/06/2026 12:00", 1780315200, -1, 1e18,
    "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00",
    "2026-06-01T12:00:00+99:99", "2026-06-01T12:00:00.123456789Z", "20260601T120000Z", "2026-W23-1",
)  # fmt: skip


def good(topic: str, installation: str, time: datetime) -> dict[str, Any]:
    """A message of ``topic`` with every field, such as each layer takes."""
    text = {"device_kind": "inverter", "method": "measured", "kind": "forecast", "market": "spot", "schema": 1}
    text |= {"installation_id": installation, "device_id": f"{installation}-inverter", "meter_id": f"{installation}-m"}
    made: dict[str, Any] = {"schema": 1}
    for name, kind in TOPICS[topic].columns.items():
        if kind == "timestamp":
            later = timedelta(hours=1) if name in ("end", "known_at") else timedelta()
            made[name] = (time + later).isoformat()
        elif name in text:
            made[name] = text[name]
        else:
            made[name] = {"string": "x", "double": 0.5, "bigint": 3}[kind]
    return made


def corpus(topic: str, installation: str, time: datetime) -> list[bytes]:
    """At least COUNT payloads for ``topic``, none of them twice."""
    found = dict.fromkeys([*_malformed(topic, installation, time), *_wrong(topic, installation, time)])
    chance, whole = random.Random(topic), _wire(good(topic, installation, time))
    while len(found) < COUNT:
        found[_mutated(chance, whole)] = None
    return list(found)


def _wire(record: Any) -> bytes:
    return json.dumps(record).encode()


def _malformed(topic: str, installation: str, time: datetime) -> Iterator[bytes]:
    record = good(topic, installation, time)
    whole = _wire(record)
    yield from (whole[:length] for length in range(0, len(whole), max(1, len(whole) // 40)))
    yield from (whole[length:] for length in range(1, len(whole), max(1, len(whole) // 20)))
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp037"):
        yield json.dumps(record | {"source": "Zähler"}, ensure_ascii=False).encode(encoding)
    yield json.dumps(record | {"source": "Zähler", "provider": "ñ"}, ensure_ascii=False).encode("latin-1")
    yield gzip.compress(whole, mtime=0)
    yield from (whole + tail for tail in (b"\x00", b"\xff", b"{}", whole, b"//", b",", b"\n\n"))
    yield from (
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf8\x88\x80\x80\x80",
        b"\x00" * 64,
        b"\xef\xbb\xbf",
        b"null",
        b"[]",
        b"{}",
    )
    yield from (b"[" * depth for depth in (10, 1_000, 100_000, 1_000_000))
    yield from (b'{"a":' * depth + b"1" + b"}" * depth for depth in (100, 10_000, 150_000))
    deep = b"[" * 300_000 + b"]" * 300_000
    yield whole[:-1] + b', "more": ' + deep + b"}"
    yield whole[:-1] + b', "more": "' + b"x" * 1_000_000 + b'"}'
    for size in (MAX_PAYLOAD_BYTES - 1, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1, 2 * MAX_PAYLOAD_BYTES):
        yield whole + b" " * (size - len(whole))
    yield b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}"
    yield b'{"installation_id": "' + b"\\u0000" * 50_000 + b'"}'
    yield b"7" * 500_000
    yield whole[:-1] + b"," + whole[1:]


def _wrong(topic: str, installation: str, time: datetime) -> Iterator[bytes]:
    record = good(topic, installation, time)
    for name, kind in TOPICS[topic].columns.items():
        yield _wire({key: value for key, value in record.items() if key != name})
        values = TIMES if kind == "timestamp" else OTHERS
        yield from (_wire(record | {name: value}) for value in values)
        if kind != "timestamp":
            marked = _wire(record | {name: "@"})
            yield from (marked.replace(b'"@"', number.encode()) for number in NUMBERS)
        yield _wire(record | {name: "x" * 201})
        yield _wire(record | {name: "\ud800"})
    # The right number in another unit: too great to be true, or quietly too small, as nobody can tell.
    for factor in (1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12, -1.0, -1e3):
        yield _wire({k: v * factor if isinstance(v, float) else v for k, v in record.items()})
    yield from (_wire(record | {"schema": schema}) for schema in (0, 2, "1", 1.5, [1]))


def _mutated(chance: random.Random, whole: bytes) -> bytes:
    changed = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed))
        what = chance.randrange(3)
        if what == 0:
            changed[at] = chance.randrange(256)
        elif what == 1:
            del changed[at]
        else:
            changed[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
    return bytes(changed)
