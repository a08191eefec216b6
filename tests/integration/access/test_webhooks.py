"""Alarms are posted to whoever may see them: signed, in order, again until they are taken, and through a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from conf import Settings
from serving_layer.access import access_log, grants
from serving_layer.access.person import Webhook
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.webhooks import backlog, given
from serving_layer.webhooks import post as posting
from serving_layer.webhooks.backlog import FIRST_PAUSE, Backlog
from serving_layer.webhooks.sending import Outgoing
from serving_layer.webhooks.signature import headers
from store import cassandra
from tests.support import serving_rows as rows
from tests.support.servers.receiver import Receiver, receiving
from tests.support.servers.started import started

NOW = datetime.now(timezone.utc).replace(microsecond=0)
HOME, OTHER = rows.HOMES[0], rows.HOMES[1]
RAISED, CLEARED = "alarm.raised", "alarm.cleared"


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Settings:
    """A keyspace, filled, and the settings of an API over it."""
    settings = in_keyspace("webhooks")
    with cassandra.session(settings) as session:
        rows.fill(session, NOW.replace(hour=0, minute=0, second=0), NOW, 1)
    return settings


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


def raise_(settings: Settings, of: str, minute: int, cleared: datetime | None = None) -> dict[str, Any]:
    """Raise or clear an alarm as the speed layer does: its month first, then the standing ones."""
    at = NOW - timedelta(minutes=minute)
    key = {"layer": "speed", "raised_at": at, "installation_id": of, "device_id": "inverter", "kind": "silent today"}
    month = (
        key
        | {"state": f"{at:%Y-%m}", "text": f"silent for {minute} min"}
        | ({"cleared_at": cleared} if cleared else {})
    )
    with cassandra.session(settings) as session:
        rows.insert(session, "alarm", [month])
        if cleared is None:
            rows.insert(session, "alarm", [month | {"state": "standing"}])
        else:
            names = " AND ".join(f"{name} = %s" for name in (*key, "state"))
            session.execute(f"DELETE FROM alarm WHERE {names}", (*key.values(), "standing"))  # noqa: S608 - columns
    return month


@dataclass
class World:
    """A webhook of somebody new, whose turns are taken at whatever time is given."""

    settings: Settings
    reader: Reader
    webhook: Webhook
    name: str
    outgoing: Outgoing

    def turn(self, at: datetime = NOW) -> Backlog:
        self.reader._kept.clear()  # what was kept of the store is a second old at most
        (person,) = [each for each in grants.read(grants.access_file(self.settings)) if each.name == self.name]
        self.outgoing.turn(person, self.webhook, at)
        found = backlog.read(self.path)
        assert found is not None
        return found

    @property
    def path(self) -> Any:
        return backlog.folder(self.settings) / f"{self.webhook.id}.json"

    def restart(self) -> None:
        self.outgoing = Outgoing(self.settings, self.reader, self.path)


@pytest.fixture
def world(served: Settings, receiver: Receiver, request: pytest.FixtureRequest) -> Iterator[World]:
    with cassandra.session(served) as session:
        session.execute("TRUNCATE alarm")
    api = served.api.model_copy(update={"webhook_hosts": receiver.opened})
    settings = served.model_copy(update={"api": api})
    name = f"person-{time.monotonic_ns()}"
    path = grants.access_file(settings)
    grants.add(path, grants.person(name, "member", [HOME], [], False))
    webhook = given.add(settings, name, receiver.url)
    reader = Reader(settings)
    try:
        made = World(settings, reader, webhook, name, Outgoing(settings, reader, backlog.folder(settings) / "x"))
        made.restart()
        yield made
    finally:
        grants.revoke(path, name)
        reader.close()


def received(receiver: Receiver) -> list[tuple[str, str, str]]:
    return [(each["type"], each["data"]["installation_id"], each["data"]["text"]) for each in receiver.events]


def test_ones_own_alarms_are_sent_once_as_they_are_raised_and_cleared(world: World, receiver: Receiver) -> None:
    raise_(world.settings, HOME, 30)
    raise_(world.settings, OTHER, 31)
    raise_(world.settings, rows.COMMUNITY, 32)
    world.turn()
    world.turn()
    raise_(world.settings, HOME, 30, cleared=NOW)
    raise_(world.settings, OTHER, 31, cleared=NOW)
    known = world.turn()
    world.restart()
    assert world.turn() == known
    assert received(receiver) == [(RAISED, HOME, "silent for 30 min"), (CLEARED, HOME, "silent for 30 min")]
    assert [each["data"]["cleared_at"] for each in receiver.events] == [None, f"{NOW:%Y-%m-%dT%H:%M:%SZ}"]
    for sent, body in receiver.received:
        right = headers(world.webhook.secret, sent["webhook-id"], int(sent["webhook-timestamp"]), body.decode())
        assert right.items() <= sent.items()
    span = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    noted = access_log.read(world.reader, HOME, span)
    assert (world.name, "webhook") in {(each["who"], each["what"]) for each in noted}


def test_a_receiver_that_fails_is_tried_again_with_pauses_in_order(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500, 503, 200]
    raise_(world.settings, HOME, 30)
    assert world.turn().error == "answered 500"
    raise_(world.settings, HOME, 29)
    assert len(world.turn(NOW + FIRST_PAUSE / 2).waiting) == 2
    assert len(receiver.received) == 1
    assert world.turn(NOW + FIRST_PAUSE).error == "answered 503"
    world.turn(NOW + 2 * FIRST_PAUSE)
    assert len(receiver.received) == 2
    known = world.turn(NOW + 3 * FIRST_PAUSE)
    assert (known.error, known.delivered, known.waiting) == ("", 2, ())
    texts = [text for _, _, text in received(receiver)]
    assert texts == ["silent for 30 min"] * 3 + ["silent for 29 min"]
    assert len({sent["webhook-id"] for sent, _ in receiver.received}) == 2


def test_a_receiver_that_is_slow_is_let_go(world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST_SECONDS", 0.5)
    receiver.slow = 2.0
    raise_(world.settings, HOME, 30)
    assert "no answer" in world.turn().error
    receiver.slow = 0.0
    assert world.turn(NOW + FIRST_PAUSE).delivered == 1


def test_one_that_wants_no_more_is_sent_no_more(world: World, receiver: Receiver) -> None:
    receiver.statuses = [410]
    raise_(world.settings, HOME, 30)
    assert world.turn().has_ended
    raise_(world.settings, HOME, 29)
    world.restart()
    world.turn(NOW + timedelta(days=1))
    assert len(receiver.received) == 1


def test_what_waits_of_an_installation_that_is_no_longer_theirs_is_not_sent(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500]
    raise_(world.settings, HOME, 30)
    assert len(world.turn().waiting) == 1
    path = grants.access_file(world.settings)
    grants.revoke(path, world.name)
    grants.add(path, grants.person(world.name, "member", [OTHER], [], False))
    assert (world.turn(NOW + timedelta(hours=1)).waiting, len(receiver.received)) == ((), 1)


def health(settings: Settings) -> tuple[str, str]:
    said = requests.get(f"http://127.0.0.1:{settings.api.port}/healthz", timeout=10).json()
    return said["status"], said["dependencies"][0]["detail"]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_what_happens_while_the_api_is_down_is_sent_when_it_is_back(served: Settings) -> None:
    """The API itself, killed while the receiver is away; alarms come and go meanwhile."""
    with cassandra.session(served) as session:
        session.execute("TRUNCATE alarm")
    with receiving(Receiver()) as receiver:
        pass
    api = served.api.model_copy(update={"webhook_hosts": receiver.opened, "watch": ["webhooks"]})
    settings = served.model_copy(update={"api": api})
    path = grants.access_file(settings)
    grants.add(path, grants.person("ana", "member", [HOME], [], False))
    webhook = given.add(settings, "ana", receiver.url)
    raise_(settings, HOME, 40)
    with started(settings, "api") as process:
        kept = backlog.folder(settings) / f"{webhook.id}.json"
        until(lambda: "1 of which fail" in health(settings)[1])
        process.kill()
    raise_(settings, HOME, 40, cleared=datetime.now(timezone.utc))
    raise_(settings, HOME, 5, cleared=datetime.now(timezone.utc))
    with receiving(receiver), started(settings, "api"):
        receiver.wait_for(4)
        assert sorted(received(receiver), key=lambda each: each[2]) == [
            (RAISED, HOME, "silent for 40 min"),
            (CLEARED, HOME, "silent for 40 min"),
            (RAISED, HOME, "silent for 5 min"),
            (CLEARED, HOME, "silent for 5 min"),
        ]
        until(lambda: health(settings) == ("ok", "1 webhook(s)"))
        given.revoke(path, webhook.id)
        until(lambda: not kept.exists())
        raise_(settings, HOME, 3)
        time.sleep(5)
        assert len(receiver.received) == 4
