"""The outbox: order, bound, and nothing lost when its process is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.gateway.outbox import ROW_BYTES, Message, Outbox, OutboxFullError

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
from pathlib import Path
from ingest.gateway.outbox import Message, Outbox
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
