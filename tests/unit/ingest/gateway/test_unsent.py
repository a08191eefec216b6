"""What the outbox never sends: whole days dropped at its bound, and readings set aside; all of it counted for good."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from conf import load_settings
from ingest.gateway import group_commit, unsent
from ingest.gateway.fleet import Fleet
from ingest.gateway.group_commit import GroupCommit
from ingest.gateway.outbox import BoundReached, Outbox
from ingest.gateway.sender import Sender, to_kafka
from ingest.gateway.status import write_status
from ingest.gateway.unsent import RefusedReading
from ingest.publishing.message import Message

TODAY = datetime.now(timezone.utc).date()
FULL = 1_000_000


def reading(day: date, number: int = 0, size: int = 100) -> Message:
    time = f"{day}T{number // 60 % 24:02}:{number % 60:02}:00Z"
    return Message("readings", b"k", json.dumps({"time": time, "number": number, "x": "x" * size}).encode())


def kept(outbox: Outbox) -> list[Message]:
    return [each.message for each in outbox.oldest(100_000)]


def test_the_oldest_day_is_dropped_whole_whatever_the_order_of_its_readings(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    days = [TODAY - timedelta(days=back) for back in (2, 1, 2, 0, 3, 3)]
    odd = [Message("readings", b"k", value) for value in (b"", b"\xff", b"[]", b'{"time":"now"}', b'{"time":7}')]
    messages = [*(reading(day, number) for number, day in enumerate(days)), *odd]
    outbox.keep(messages)
    assert outbox.drop_oldest_day(TODAY) == (TODAY - timedelta(days=3), 2)
    assert kept(outbox) == [*messages[:4], *odd]
    assert outbox.drop_oldest_day(TODAY) == (TODAY - timedelta(days=2), 2)
    assert outbox.drop_oldest_day(TODAY) == (TODAY - timedelta(days=1), 1)
    assert outbox.drop_oldest_day(TODAY) is None
    assert kept(outbox) == [messages[3], *odd]
    assert (outbox.count, outbox.bytes) == Outbox(tmp_path / "outbox.sqlite", 1)._counted()


def test_what_was_dropped_is_known_after_a_restart_and_adds_up(tmp_path: Path) -> None:
    yesterday = TODAY - timedelta(days=1)
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    for count in (3, 2):
        outbox.keep([reading(yesterday, number) for number in range(count)])
        outbox.drop_oldest_day(TODAY)
    outbox.close()
    assert Outbox(tmp_path / "outbox.sqlite", 1).dropped_days() == [(yesterday, 5)]


def test_readings_that_were_being_sent_while_their_day_was_dropped_count_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    outbox.keep([reading(TODAY - timedelta(days=1)), reading(TODAY)])
    being_sent = outbox.oldest(2)
    outbox.drop_oldest_day(TODAY)
    outbox.delete(being_sent)
    assert (outbox.count, outbox.bytes) == (0, 0)


def test_the_newest_refused_readings_are_kept_with_why_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsent, "MOST_REFUSED", 3)
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    readings = [reading(TODAY, number) for number in range(6)]
    outbox.keep(readings)
    outbox.set_aside([RefusedReading(each, f"no {number}") for number, each in enumerate(readings[:4])])
    outbox.set_aside([RefusedReading(readings[5], "no 5")])
    assert kept(outbox) == [readings[4]]
    outbox.close()
    again = Outbox(tmp_path / "outbox.sqlite", 1)
    assert (again.count, again.refused()) == (1, (5, "no 5"))
    rows = again._base.execute("SELECT value, reason FROM refused ORDER BY id").fetchall()
    assert rows == [(readings[place].value, f"no {place}") for place in (2, 3, 5)]


def fill(outbox: Outbox, day: date) -> None:
    """Keep readings of ``day`` until nothing more fits."""
    with suppress(BoundReached):
        for number in range(1000):
            outbox.keep([reading(day, number, 10_000)])
    assert 0 < outbox.count < 1000


def test_at_the_bound_a_gateway_set_so_drops_days_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        outbox = Outbox(tmp_path / "gateway" / "outbox.sqlite", FULL // 1_000_000)
        outbox.keep([reading(TODAY - timedelta(days=2))])
        fill(outbox, TODAY - timedelta(days=1))
        before = outbox.count
        commits = GroupCommit(outbox, lambda: None, drops=True)
        running = asyncio.create_task(commits.run())
        new = {"installation_id": "home-1", "time": f"{TODAY}T00:00:00Z", "x": "x" * 15_000}
        await asyncio.wait_for(commits.keep(new), 30)
        running.cancel()
        assert [json.loads(message.value) for message in kept(outbox)] == [new]
        assert commits.error is None
        settings = load_settings(home=tmp_path)
        parts = Fleet(settings, commits.keep), outbox, Sender(outbox, to_kafka(settings)), commits
        write_status(settings, *parts)
        said = json.loads((tmp_path / "run" / "gateway.json").read_text())["dropped_days"]
        assert said == {str(TODAY - timedelta(days=2)): 1, str(TODAY - timedelta(days=1)): before - 1}

    asyncio.run(scenario())
    assert f"the 1 readings it held of {TODAY - timedelta(days=2)} are dropped" in caplog.text


def test_a_day_that_goes_on_is_never_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.02)

    async def scenario() -> None:
        outbox = Outbox(tmp_path / "outbox.sqlite", FULL // 1_000_000)
        fill(outbox, datetime.now(timezone.utc).date() + timedelta(days=1))
        before = outbox.count
        commits = GroupCommit(outbox, lambda: None, drops=True)
        running = asyncio.create_task(commits.run())
        poller = asyncio.create_task(commits.keep({"installation_id": "home-1", "x": "x" * 15_000}))
        await asyncio.sleep(0.2)
        assert not poller.done()
        assert "polling stops until there is room" in (commits.error or "")
        assert outbox.count == before
        running.cancel()

    asyncio.run(scenario())


def test_a_gateway_stops_at_the_bound_unless_set_otherwise() -> None:
    assert load_settings().gateway.outbox_full == "stop"
