"""The gateway's keeping and sending, without a broker: nothing is dropped, and what is wrong is said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from conf import Settings, load_settings
from ingest.gateway import group_commit, sender
from ingest.gateway.group_commit import GroupCommit
from ingest.gateway.outbox import Outbox
from ingest.gateway.sender import Sender, to_kafka
from ingest.publishing.live import Publisher
from ingest.publishing.message import Message, PublishError, message


def record(number: int) -> dict[str, Any]:
    return {"installation_id": "home-1", "number": number}


def test_a_message_is_keyed_as_the_contract_says() -> None:
    assert message("readings", record(1)) == (
        "readings",
        b"home-1",
        b'{"installation_id":"home-1","number":1}',
    )


def test_readings_of_all_devices_share_commits_and_keep_their_order(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        outbox, wakes = Outbox(tmp_path / "outbox.sqlite", 10), []
        commits = GroupCommit(outbox, lambda: wakes.append(1))
        running = asyncio.create_task(commits.run())
        await asyncio.gather(*(commits.keep(record(number)) for number in range(100)))
        running.cancel()
        assert len(wakes) < 10
        return [json.loads(kept.message.value)["number"] for kept in outbox.oldest(1000)]

    assert asyncio.run(scenario()) == list(range(100))


def test_a_full_outbox_stops_polling_says_so_and_drops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.02)

    async def scenario() -> None:
        outbox = Outbox(tmp_path / "outbox.sqlite", 1)
        outbox.keep([Message("readings", None, b"x" * 999_900)])
        commits = GroupCommit(outbox, lambda: None)
        running = asyncio.create_task(commits.run())
        poller = asyncio.create_task(commits.keep(record(1)))
        await asyncio.sleep(0.2)
        assert not poller.done()
        assert "polling stops until there is room" in (commits.error or "")
        outbox.delete(outbox.oldest(1))
        await asyncio.wait_for(poller, 2)
        assert commits.error is None
        assert outbox.count == 1
        running.cancel()

    asyncio.run(scenario())


def nowhere() -> Settings:
    """Settings of a broker that is not there."""
    plain = load_settings()
    return plain.model_copy(update={"kafka": plain.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})})


def test_an_absent_broker_is_said_with_what_was_waited_for() -> None:
    reason = r"Kafka at 127\.0\.0\.1:9 acknowledged 0 of 1 messages of readings within 0\.3 s"
    with pytest.raises(PublishError, match=reason) as raised:
        Publisher(nowhere(), wait_seconds=0.3).send([message("readings", record(1))])
    assert raised.value.acknowledged == [False]


def test_while_the_broker_is_away_everything_stays_in_the_outbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "WAIT_SECONDS", 0.2)
    outbox = Outbox(tmp_path / "outbox.sqlite", 10)
    outbox.keep([message("readings", record(number)) for number in range(3)])
    sending = Sender(outbox, to_kafka(nowhere()))
    sending.start()
    sending.wake()
    sending.stop(5)
    assert not sending.is_alive()
    assert "acknowledged 0 of 3" in (sending.error or "")
    assert (outbox.count, sending.sent) == (3, 0)
