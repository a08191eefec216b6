"""Who read whose data, as its own people read it; and what an installation does, streamed as it changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from conf import Settings
from serving_layer.access import access_log, grants
from serving_layer.access.token import token_of
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra
from tests.support import serving_rows as rows
from tests.support.servers.started import started

NOW = datetime.now(timezone.utc).replace(microsecond=0)
HOME = rows.HOMES[1]
"""Its devices have just been read."""


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Iterator[Settings]:
    """An API, as the stack starts it, over a keyspace of its own."""
    settings = in_keyspace("live")
    with cassandra.session(settings) as session:
        rows.fill(session, NOW.replace(hour=0, minute=0, second=0), NOW + timedelta(minutes=10), 1)
    with started(settings, "api"):
        yield settings


@pytest.fixture(scope="module")
def ana(served: Settings) -> str:
    return grants.add(grants.access_file(served), grants.person("ana", "member", [HOME], [], False))


def ask(served: Settings, token: str, path: str, **options: Any) -> requests.Response:
    url = f"http://127.0.0.1:{served.api.port}/v1/{path}"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30, **options)


def events(answer: requests.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines(decode_unicode=True, chunk_size=1):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_its_people_read_who_read_an_installation(served: Settings, ana: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = token_of(served)
    for token, path in (
        (ana, f"installations/{HOME}/state"),
        (owner, f"installations/{HOME}/skill"),
        (owner, "alarms"),
    ):
        assert ask(served, token, path).status_code == 200
    with cassandra.session(served) as session:
        statement = "INSERT INTO access_log (installation_id, month, at, who, what) VALUES (%s, %s, %s, %s, %s)"
        session.execute(statement, access_log.statement_values("analyst", "SELECT 'valle-03'"))

    found = ask(served, ana, f"installations/{HOME}/access").json()["access"]

    entries = {(each["who"], each["what"], each["of_all"]) for each in found}
    assert entries >= {
        ("ana", "state", False),
        ("token", "skill", False),
        ("token", "alarms", True),
        ("sql analyst", "sql", True),
    }
    assert found == sorted(found, key=lambda each: each["at"], reverse=True)
    assert ask(served, ana, f"installations/{rows.HOMES[2]}/access").status_code == 404

    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(command_line, ["access", "log", HOME, "--format", "csv"], catch_exceptions=False)
    by_command = list(csv.DictReader(io.StringIO(said.stdout)))
    assert entries <= {(each["who"], each["what"], each["of_all"] == "True") for each in by_command}


def test_a_long_list_comes_page_by_page(served: Settings) -> None:
    owner = token_of(served)
    whole = ask(served, owner, "installations").json()["installations"]
    paged, path = [], "installations?limit=3"
    while path:
        answer = ask(served, owner, path)
        paged += answer.json()["installations"]
        path = answer.links.get("next", {}).get("url", "").removeprefix("/v1/")
    assert (paged, len(whole)) == (whole, 4)
    lines = ask(served, owner, "installations?limit=3&offset=3&format=csv")
    assert (len(lines.text.splitlines()), "link" in lines.headers) == (2, False)


def test_an_answer_that_is_known_is_not_sent_again_and_a_large_one_is_packed(served: Settings) -> None:
    day = {"quantity": "generation", "from": f"{NOW - timedelta(days=1):%Y-%m-%d}", "to": f"{NOW:%Y-%m-%d}"}
    path = f"installations/{HOME}/energy"
    first = ask(served, token_of(served), path, params=day)
    headers = {"Authorization": f"Bearer {token_of(served)}", "If-None-Match": first.headers["etag"]}
    again = requests.get(first.url, headers=headers, timeout=30)
    assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
    assert (again.status_code, again.content) == (304, b"")


def test_state_and_alarms_are_streamed_as_they_change(served: Settings, ana: str) -> None:
    with ask(served, ana, f"installations/{HOME}/live", stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        streamed = events(answer)
        first = dict(next(streamed) for _ in range(2))
        assert first["alarms"] == {"alarms": []}
        assert first["state"]["power"]["generation_w"] == 1600.0
        assert not any("age_s" in each for each in (first["state"], *first["state"]["devices"]))
        with cassandra.session(served) as session:
            key = {"installation_id": HOME, "device_id": f"{HOME}-inverter", "device_kind": "inverter"}
            rows.insert(session, "inverter_state", [key | {"time": NOW + timedelta(minutes=11), "ac_power_w": 1234.0}])
        name, state = next(streamed)
        assert (name, state["power"]["generation_w"]) == ("state", 1234.0)
        alarm = {"layer": "speed", "state": "standing", "raised_at": NOW, "device_id": "", "kind": "silent today"}
        with cassandra.session(served) as session:
            other = alarm | {"installation_id": rows.HOMES[2], "text": "of another"}
            rows.insert(session, "alarm", [other, alarm | {"installation_id": HOME, "text": "of their own"}])
        name, alarms = next(streamed)
        assert (name, [each["text"] for each in alarms["alarms"]]) == ("alarms", ["of their own"])


def test_a_stream_ends_when_the_access_is_taken_back(served: Settings) -> None:
    path = grants.access_file(served)
    token = grants.add(path, grants.person("for-a-while", "member", [HOME], [], False))
    with ask(served, token, f"installations/{HOME}/live", stream=True) as answer:
        streamed = events(answer)
        next(streamed)
        grants.revoke(path, "for-a-while")
        assert list(streamed)[-1] == ("refused", {"detail": "for-a-while has no access any more."})


@pytest.mark.parametrize("other", [rows.HOMES[0], rows.COMMUNITY, "nowhere"])
@pytest.mark.parametrize("path", ["live", "access"])
def test_nobody_is_given_what_is_not_theirs(served: Settings, ana: str, other: str, path: str) -> None:
    assert ask(served, ana, f"installations/{other}/{path}").status_code == 404


def test_a_page_follows_what_is_its_own_until_the_access_is_taken_back(served: Settings) -> None:
    path = grants.access_file(served)
    token = grants.add(path, grants.person("for-a-page", "member", [HOME], [], False))
    origin = f"http://127.0.0.1:{served.api.port}"
    look: dict[str, Any] = {"timeout": 30, "allow_redirects": False}
    with requests.Session() as browser:
        assert browser.get(f"{origin}/installation/stream?id={HOME}", **look).headers["location"] == "/login"
        browser.post(f"{origin}/login", data={"token": token}, **look)
        for page, other in product(("stream", "live", "chart"), (rows.HOMES[0], rows.COMMUNITY, "nowhere")):
            assert browser.get(f"{origin}/installation/{page}?id={other}", **look).status_code in (403, 404)
        with browser.get(f"{origin}/control/stream", stream=True, **look) as answer:
            first = next(line for line in answer.iter_lines(decode_unicode=True) if line.startswith("data: "))
            assert list(json.loads(first.removeprefix("data: "))["rows"]) == [HOME]
        with browser.get(f"{origin}/installation/stream?id={HOME}", stream=True, **look) as answer:
            streamed = answer.iter_lines(decode_unicode=True, chunk_size=1)
            assert "sun-power" in next(streamed)
            grants.revoke(path, "for-a-page")
            assert len(list(streamed)) < 20
