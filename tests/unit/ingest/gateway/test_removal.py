"""A forgotten installation leaves the gateway's disk, beside a gateway that works."""

from __future__ import annotations

import json
from pathlib import Path

from ingest.gateway.outbox import Outbox
from ingest.gateway.removal import remove_installation
from ingest.publishing.message import Message

GONE = [Message("readings", b"gone", b"x" * n) for n in range(1, 40)]
KEPT = [Message("readings", b"gone-2", b"y"), Message("readings", None, b"z")]


def test_its_messages_go_and_a_gateway_at_work_counts_right(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "gateway" / "outbox.sqlite", 1)
    outbox.keep([*GONE, *KEPT])
    assert remove_installation(tmp_path, "gone") == len(GONE)
    assert [kept.message for kept in outbox.oldest(100)] == KEPT
    outbox.keep([Message("readings", b"k", b"1")])
    assert outbox.count == len(KEPT) + 1
    outbox.delete(outbox.oldest(100))
    assert (outbox.count, outbox.bytes) == (0, 0)
    assert remove_installation(tmp_path, "gone") == 0


def test_its_devices_are_no_longer_remembered(tmp_path: Path) -> None:
    remembered = tmp_path / "gateway" / "devices.json"
    remembered.parent.mkdir()
    devices = [{"installation_id": name, "device_id": "meter-1"} for name in ("gone", "kept")]
    remembered.write_text(json.dumps(devices))
    assert remove_installation(tmp_path, "gone") == 0
    assert json.loads(remembered.read_text()) == devices[1:]


def test_where_no_gateway_ever_ran_nothing_is_made(tmp_path: Path) -> None:
    assert remove_installation(tmp_path, "gone") == 0
    assert list(tmp_path.iterdir()) == []
