"""A password opens the page for its name alone, is kept as a hash, is guessed slowly, and ends with the access."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from argon2 import PasswordHasher, extract_parameters
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from typer.testing import CliRunner

from conf import load_settings
from serving_layer.access import grants, passwords
from serving_layer.access.grants import BadGrant
from serving_layer.access.limits import Buckets
from serving_layer.access.passwords import LONGEST, SHORTEST, BadPassword, hash_of, is_right
from serving_layer.app import create_app
from serving_layer.web.entrance import login
from stack.cli import app as command_line

FEW = 3
PASSWORD = "correct horse battery"  # noqa: S105 - made up
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Of little work: what a guess costs is the matter of one test, how many are free that of others."""
KEPT, NOBODYS = QUICK.hash(PASSWORD), QUICK.hash("nobody's own password")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(passwords, "NOBODYS", NOBODYS)
    made = create_app(load_settings(home=tmp_path, port_offset=23_100))
    path = grants.access_file(made.state.settings)
    for name in ("ana", "bo"):
        grants.add(path, grants.person(name, "member", ["home"], [], False))
    grants.change(path, "ana", lambda person: replace(person, password_hash=KEPT))
    return made


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def enter(browser: TestClient, name: str, password: str) -> Response:
    return browser.post("/login", data={"name": name, "password": password})


def is_in(browser: TestClient) -> bool:
    return browser.get("/v1/runs").status_code == 503  # there is no store here


def test_a_name_and_its_password_open_the_page_and_rest(browser: TestClient) -> None:
    answer = enter(browser, "ana", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert browser.get("/v1/installations/home/skill").status_code == 503


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", PASSWORD + "x"),
        ("ana", PASSWORD[:-1]),
        ("ana", ""),
        ("bo", PASSWORD),
        ("bo", ""),
        ("bo", "nobody's own password"),
        ("nobody", PASSWORD),
        ("token", PASSWORD),
        ("page", PASSWORD),
        ("", PASSWORD),
        ("ANA", PASSWORD),
        ("ana", "\0"),
        ("ana", "x" * 60_000),
        ("nobody", "a"),
    ],
)
def test_no_other_name_and_password_open_it_and_all_get_the_same_answer(
    browser: TestClient, name: str, password: str
) -> None:
    answer = enter(browser, name, password)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert answer.text == browser.post("/login", data={"token": "guess"}).text


def test_the_form_speaks_the_browsers_language(browser: TestClient) -> None:
    spanish = browser.get("/login", headers={"Accept-Language": "es"}).text
    assert all(word in spanish for word in ("Nombre", "Contraseña", "clave", 'lang="es"'))
    english = browser.get("/login").text
    assert all(word in english for word in ("Name", "Password", "token", 'lang="en"'))
    wrong = browser.post("/login", data={"name": "ana", "password": "x"}, headers={"Accept-Language": "es"})
    assert "no abren" in wrong.text


def test_one_names_guesses_are_few_from_however_many_addresses(app: FastAPI) -> None:
    app.state.attempts = Buckets(login.PER_MINUTE, FEW)
    statuses = []
    for n in range(FEW + 2):
        asker = TestClient(app, base_url="http://127.0.0.1", client=(f"10.0.0.{n}", 5000), follow_redirects=False)
        answer = enter(asker, "ana", "guess")
        statuses.append(answer.status_code)
    assert statuses == [401] * FEW + [429] * 2
    assert int(answer.headers["retry-after"]) > 0
    assert enter(asker, "ana", PASSWORD).status_code == 429
    assert enter(asker, "bo", "guess").status_code == 401


def test_one_addresss_guesses_are_few_over_however_many_names(app: FastAPI, browser: TestClient) -> None:
    app.state.attempts = Buckets(login.PER_MINUTE, FEW)
    right = [enter(browser, "ana", PASSWORD).status_code for _ in range(FEW + 2)]
    assert right == [303] * (FEW + 2)
    statuses = [enter(browser, f"name-{n}", "guess").status_code for n in range(FEW + 1)]
    assert statuses == [401] * FEW + [429]


def test_a_revoked_name_is_out_with_its_session_and_does_not_come_back_with_the_name(
    app: FastAPI, browser: TestClient
) -> None:
    enter(browser, "ana", PASSWORD)
    path = grants.access_file(app.state.settings)
    grants.revoke(path, "ana")
    assert browser.get("/v1/installations").status_code == 401
    grants.add(path, grants.person("ana", "member", ["home"], [], False))
    assert browser.get("/v1/installations").status_code == 401
    assert enter(browser, "ana", PASSWORD).status_code == 401


def test_another_password_ends_the_sessions_and_leaves_the_token(app: FastAPI, browser: TestClient) -> None:
    enter(browser, "ana", PASSWORD)
    path = grants.access_file(app.state.settings)
    grants.set_password(path, "ana", "another one, as long")
    assert browser.get("/v1/installations").status_code == 401
    assert enter(browser, "ana", PASSWORD).status_code == 401
    assert enter(browser, "ana", "another one, as long").status_code == 303
    token = grants.add(path, grants.person("eva", "member", ["home"], [], False))
    grants.set_password(path, "eva", PASSWORD)
    assert app.state.logins.enter(token).name == "eva"


def test_a_password_is_kept_as_a_hash_that_no_list_shows(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    path = grants.access_file(app.state.settings)
    (ana, _) = grants.read(path)
    assert ana.password_hash.startswith("$argon2id$")
    assert PASSWORD not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("SOLERA_HOME", str(app.state.settings.home))
    said = CliRunner().invoke(command_line, ["access", "list", "--format", "csv"]).stdout
    assert ("argon2" in said + repr(ana), said.splitlines()[1].split(",")[3]) == (False, "True")


def test_the_command_reads_standard_input_and_refuses_what_is_too_short(
    app: FastAPI, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLERA_HOME", str(app.state.settings.home))

    def said(name: str, typed: str) -> tuple[int, str]:
        result = CliRunner().invoke(command_line, ["access", "password", name], input=typed)
        return result.exit_code, result.output

    assert said("bo", "contraseña larga\n")[0] == 0
    assert enter(browser, "bo", "contraseña larga").status_code == 303
    assert enter(browser, "bo", "contrasen\u0303a larga").status_code == 303
    assert said("bo", "short\n")[0] == 2
    assert said("nobody", PASSWORD) == (2, "Nobody here is called nobody; `solera access list` says who is.\n")
    grants.add(grants.access_file(app.state.settings), grants.person("program", "service", [], [], True))
    code, text = said("program", PASSWORD)
    assert (code, "page does not open" in text) == (2, True)


@pytest.mark.parametrize("length", [0, 1, SHORTEST - 1, LONGEST + 1])
def test_a_password_has_its_length(length: int) -> None:
    with pytest.raises(BadPassword):
        hash_of("x" * length)


def test_a_service_has_none(app: FastAPI) -> None:
    path = grants.access_file(app.state.settings)
    grants.add(path, grants.person("program", "service", [], [], True))
    with pytest.raises(BadGrant, match="does not open"):
        grants.set_password(path, "program", PASSWORD)


def test_nobodys_hash_takes_the_same_work_as_anybodys() -> None:
    kept = hash_of(PASSWORD)
    assert extract_parameters(passwords.NOBODYS) == extract_parameters(kept) == PasswordHasher()._parameters
    assert is_right(PASSWORD, kept)
    assert not is_right("a", "")

    def seconds(kept: str) -> float:
        began = time.process_time()
        assert not is_right("wrong", kept)
        return time.process_time() - began

    known, unknown = (median(seconds(each) for _ in range(3)) for each in (kept, ""))
    assert 0.5 < known / unknown < 2
