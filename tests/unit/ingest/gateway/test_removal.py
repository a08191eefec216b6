"""A forgotten installation leaves the gateway's disk, beside a gateway that works."""

from __future__ import annotations

from pathlib import Path

from ingest.devices.registry import CONNECTION, Device
from ingest.gateway.outbox import Outbox
from ingest.gateway.remembered import remember, remembered
from ingest.gateway.removal import remove_installation
from ingest.gateway.unsent import RefusedReading
from ingest.publishing.message import Message

GONE = [Message("readings", b"gone", b"x" * n) for n in range(1, 40)]
KEPT = [Message("readings", b"gone-2", b"y"), Message("readings", None, b"z")]


def test_its_messages_go_and_a_gateway_at_work_counts_right(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "gateway" / "outbox.sqlite", 1)
    outbox.keep([*GONE, *KEPT])
    outbox.set_aside([RefusedReading(GONE[0], "refused"), RefusedReading(KEPT[1], "of another")])
    assert remove_installation(tmp_path, "gone") == len(GONE)
    assert outbox.refused() == (2, "of another")
    outbox.keep([KEPT[1]])
    assert [kept.message for kept in outbox.oldest(100)] == KEPT
    outbox.keep([Message("readings", b"k", b"1")])
    assert outbox.count == len(KEPT) + 1
    outbox.delete(outbox.oldest(100))
    assert (outbox.count, outbox.bytes) == (0, 0)
    assert remove_installation(tmp_path, "gone") == 0


def test_no_file_holds_its_bytes_not_of_what_was_sent_before_either(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "gateway" / "outbox.sqlite", 1)
    outbox.keep([Message("readings", b"finca-1", b"{}")] * 400)
    outbox.delete(outbox.oldest(300))
    assert holding(tmp_path, b"finca-1")
    assert remove_installation(tmp_path, "finca-1") == 100
    assert holding(tmp_path, b"finca-1") == []
    outbox.keep(KEPT)
    assert [kept.message for kept in outbox.oldest(100)] == KEPT


def holding(folder: Path, text: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


def test_its_devices_are_no_longer_remembered(tmp_path: Path) -> None:
    reached = CONNECTION.validate_python({"protocol": "sunspec-tcp", "host": "127.0.0.1"})
    gone, kept = (Device(name, "meter-1", "meter", reached) for name in ("gone", "kept"))
    remember(tmp_path, [gone, kept])
    assert remembered(tmp_path) == [gone, kept]
    assert remove_installation(tmp_path, "gone") == 0
    assert remembered(tmp_path) == [kept]


def test_where_no_gateway_ever_ran_nothing_is_made(tmp_path: Path) -> None:
    assert remove_installation(tmp_path, "gone") == 0
    assert list(tmp_path.iterdir()) == []
