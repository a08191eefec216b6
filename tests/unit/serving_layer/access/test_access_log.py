"""Every answer that names an installation leaves a row of who asked for what; a page that asks on, one an hour."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from fastapi.testclient import TestClient

from conf import Settings, load_settings
from serving_layer.access import access_log, door
from serving_layer.access.person import Person
from serving_layer.app import create_app
from serving_layer.reader import Reader, StoreAway
from serving_layer.views.catalogue import UnknownInstallation
from store.catalogue import INSTALLATION_FIELDS, INSTALLATIONS
from tests.support import owner

OWNER = Person("page", "", datetime.now(timezone.utc), sees_all=True)


class Row:
    def _asdict(self) -> dict[str, Any]:
        return dict.fromkeys(INSTALLATION_FIELDS) | {"installation_id": "home", "kind": "home"}


class Held(Reader):
    """A reader whose rows are held here: one home, nothing else, and what is written."""

    def __init__(self, settings: Settings, is_away: bool = False) -> None:
        super().__init__(settings)
        self.noted: list[tuple[Any, ...]] = []
        self._is_away = is_away

    def each(self, cql: str, partitions: Any) -> list[list[Any]]:
        return [self._answer(cql, values) for values in partitions]

    def _answer(self, cql: str, values: Any) -> list[Any]:
        if cql == access_log.INSERT:
            if self._is_away:
                raise StoreAway("away")
            self.noted.append((values[0], values[3], values[4]))
        return [Row()] if cql == INSTALLATIONS else []


@pytest.fixture
def held() -> Held:
    return Held(load_settings(port_offset=21_000))


@pytest.fixture
def client(held: Held, tmp_path: Any) -> TestClient:
    app = create_app(load_settings(home=tmp_path, port_offset=21_000))
    app.state.reader = held
    return owner.client(app)


def test_each_question_about_an_installation_is_noted(client: TestClient, held: Held) -> None:
    assert client.get("/v1/installations/home/state").status_code == 200
    assert client.get("/v1/installations").status_code == 200
    assert held.noted == [("home", "token", "state"), (access_log.EVERYBODY, "token", "installations")]


def test_what_is_refused_is_not_noted(client: TestClient, held: Held) -> None:
    assert client.get("/v1/installations/other/state").status_code == 404
    stranger = client.get("/v1/installations/home/state", headers={"Authorization": "Bearer wrong"})
    assert stranger.status_code == 401
    assert held.noted == []
    with pytest.raises(UnknownInstallation):
        door.seen(held, "other", OWNER, "page")


def test_the_same_question_is_noted_once_an_hour(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1e6
    monkeypatch.setattr("serving_layer.reader.time.monotonic", lambda: clock)
    for seconds in (0, 5, 3000, 3700, 3705):
        clock = 1e6 + seconds
        door.seen(held, "home", OWNER, "page")
    assert held.noted == [("home", "page", "page")] * 2


def test_a_question_about_many_is_noted_of_each_and_once_an_hour(held: Held) -> None:
    for _ in range(3):
        door.note(held, OWNER, ["home", "other"], "settlement")
    assert held.noted == [("home", "page", "settlement"), ("other", "page", "settlement")]


def test_what_can_not_be_noted_is_not_answered() -> None:
    away = Held(load_settings(port_offset=21_000), is_away=True)
    with pytest.raises(StoreAway):
        door.seen(away, "home", OWNER, "energy")
