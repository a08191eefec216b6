"""The outbox: order, bound, and nothing lost when its process is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.gateway.outbox import ROW_BYTES, Outbox, OutboxFullError
from ingest.publishing.message import Message

messages = st.builds(Message, st.just("readings"), st.none() | st.binary(max_size=8), st.binary(max_size=50))
steps = st.lists(st.one_of(st.lists(messages, max_size=5), st.integers(0, 6)), max_size=20)


@settings(max_examples=30, deadline=None)
@given(steps)
def test_it_is_a_queue_that_survives_reopening(steps: list[list[Message] | int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder) / "outbox.sqlite", 1)
        model: list[Message] = []
        for step in steps:
            if isinstance(step, int):
                sent = outbox.oldest(step)
                assert [kept.message for kept in sent] == model[:step]
                outbox.delete(sent)
                model = model[step:]
            else:
                outbox.keep(step)
                model += step
            assert outbox.count == len(model)
            assert outbox.bytes == sum(len(m.value) + ROW_BYTES for m in model)
        outbox.close()
        again = Outbox(Path(folder) / "outbox.sqlite", 1)
        assert [kept.message for kept in again.oldest(1000)] == model
        assert (again.count, again.bytes) == (outbox.count, outbox.bytes)


@pytest.mark.parametrize(("value", "time"), [
    (b'{"time":"2026-11-26T03:00:00Z"}', datetime(2026, 11, 26, 3, tzinfo=timezone.utc)),
    (b'{"time":"soon"}', None), (b'{"time":7}', None), (b"{}", None), (b"[]", None), (b"\xff", None), (b"", None),
])  # fmt: skip
def test_it_says_the_instant_of_what_it_keeps_longest(tmp_path: Path, value: bytes, time: datetime | None) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    assert outbox.oldest_time() is None
    outbox.keep([Message("readings", b"k", value), Message("readings", b"k", b'{"time":"2026-01-01T00:00:00Z"}')])
    assert outbox.oldest_time() == time


def test_at_the_bound_it_refuses_and_drops_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    chunk = [Message("readings", b"k", b"x" * 99_936)] * 5
    outbox.keep(chunk)
    outbox.keep(chunk)
    with pytest.raises(OutboxFullError, match="bound of 1 MB"):
        outbox.keep([Message("readings", b"k", b"y")])
    assert outbox.full
    assert outbox.count == 10
    outbox.delete(outbox.oldest(1))
    outbox.keep([Message("readings", b"k", b"y")])


def test_a_full_disk_is_said_and_what_was_kept_stays(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 100)
    outbox.keep([Message("readings", b"k", b"first")])
    pages = outbox._base.execute("PRAGMA page_count").fetchone()[0]
    outbox._base.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxFullError, match="disk is full"):
        outbox.keep([Message("readings", b"k", b"x" * 100_000)])
    assert [kept.message.value for kept in outbox.oldest(10)] == [b"first"]
    outbox.delete(outbox.oldest(1))
    assert outbox.count == 0


WRITER = """
import sys
from collections.abc import Callable
from pathlib import Path
from ingest.gateway.outbox import Outbox
from ingest.publishing.message import Message
outbox = Outbox(Path(sys.argv[1]), 100)
number = 0
while True:
    outbox.keep([Message("readings", b"k", str(number + i).encode()) for i in range(3)])
    number += 3
    print(number, flush=True)
"""


def test_what_was_kept_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.2)
        writer.send_signal(signal.SIGKILL)
        promised = [int(line) for line in writer.stdout.read().splitlines() if line.strip()]
    found = [int(kept.message.value) for kept in Outbox(path, 100).oldest(10**6)]
    assert found == list(range(len(found)))
    assert len(found) >= promised[-1] > 0


def kept_messages(path: Path, count: int) -> None:
    outbox = Outbox(path, 100)
    outbox.keep([Message("readings", b"k", b"%05d" % number * 100) for number in range(count)])
    outbox.close()


DAMAGES = {
    "a page zeroed": lambda raw: raw[:8192] + bytes(4096) + raw[12288:],
    "the first page zeroed": lambda raw: bytes(4096) + raw[4096:],
    "cut in half": lambda raw: raw[: len(raw) // 2],
    "text": lambda _: b"not a database" * 500,
    "noise in the middle": lambda raw: raw[:8192] + bytes(range(256)) * 8 + raw[10240:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_set_aside_and_what_can_be_read_of_it_is_sent(
    tmp_path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.sqlite"
    kept_messages(path, 200)
    path.write_bytes(damage(path.read_bytes()))
    outbox = Outbox(path, 100)
    saved = [kept.message.value for kept in outbox.oldest(1000)]
    assert saved == sorted(saved)
    assert set(saved) <= {b"%05d" % number * 100 for number in range(200)}
    assert list(tmp_path.glob("outbox.sqlite.damaged-*"))
    assert "set aside" in caplog.text
    outbox.keep([Message("readings", b"k", b"new")])
    outbox.delete(outbox.oldest(1000))
    assert (outbox.count, outbox.bytes) == (0, 0)


def test_most_of_a_file_with_one_bad_page_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    kept_messages(path, 2000)
    raw = path.read_bytes()
    middle = len(raw) // 2 // 4096 * 4096
    path.write_bytes(raw[:middle] + bytes(4096) + raw[middle + 4096 :])
    assert Outbox(path, 100).count > 1900


def test_a_file_damaged_while_it_is_open_costs_what_can_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    kept_messages(path, 2000)
    outbox = Outbox(path, 100)
    raw = path.read_bytes()
    path.write_bytes(raw[:8192] + b"\xff" * 65536 + raw[8192 + 65536 :])
    outbox.keep([Message("readings", b"k", b"new")])
    found = outbox.oldest(10_000)
    assert found[-1].message.value == b"new"
    outbox.delete(found)
    assert outbox.count == 0


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_bytes_in_its_place_become_an_outbox(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.sqlite"
        path.write_bytes(raw)
        outbox = Outbox(path, 1)
        outbox.keep([Message("readings", b"k", b"new")])
        assert outbox.count == 1
        outbox.close()
