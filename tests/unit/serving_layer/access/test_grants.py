"""Access is given by name, kept as a hash, and taken back at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf import Settings, load_settings
from serving_layer.access import grants
from serving_layer.access.grants import BadGrant, GrantsDamaged, access_file, add, person, read, revoke
from serving_layer.access.logins import Logins, WrongToken
from serving_layer.access.person import ROLES, Role
from serving_layer.access.sessions import COOKIE
from serving_layer.access.token import token_of

SCOPES: dict[str, dict[str, Any]] = {
    "installations": {"installations": ["home"], "communities": [], "all_": False},
    "communities": {"installations": [], "communities": ["valle"], "all_": False},
    "all": {"installations": [], "communities": [], "all_": True},
    "none": {"installations": [], "communities": [], "all_": False},
    "all and one": {"installations": ["home"], "communities": [], "all_": True},
    "both": {"installations": ["home"], "communities": ["valle"], "all_": False},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_role_has_its_scopes_and_no_other(settings: Settings, role: Role, scope: str) -> None:
    asked = person("ana", role, **SCOPES[scope])
    path = access_file(settings)
    if scope in ROLES[role].scopes:
        add(path, asked)
        assert [(each.name, each.role) for each in read(path)] == [("ana", role)]
    else:
        with pytest.raises(BadGrant, match="scope of a"):
            add(path, asked)
        assert read(path) == []


@pytest.mark.parametrize("name", ["", "Ana", "ana maria", "-ana", "ana\n", "a" * 65, "a|b", "ñ", *sorted(grants.TAKEN)])
def test_a_name_is_plain_and_nobody_elses(settings: Settings, name: str) -> None:
    with pytest.raises(BadGrant, match="is no name"):
        add(access_file(settings), person(name, "member", **SCOPES["installations"]))


def test_a_name_is_given_once_until_it_is_revoked(settings: Settings) -> None:
    path, ana = access_file(settings), person("ana", "member", **SCOPES["installations"])
    first = add(path, ana)
    with pytest.raises(BadGrant, match="has access already"):
        add(path, ana)
    revoke(path, "ana")
    with pytest.raises(BadGrant, match="Nobody here"):
        revoke(path, "ana")
    assert add(path, ana) != first


def test_the_token_is_kept_nowhere(settings: Settings) -> None:
    token = add(access_file(settings), person("ana", "member", **SCOPES["installations"]))
    files = [each for each in settings.home.rglob("*") if each.is_file()]
    assert [each.name for each in files] == ["access.json"]
    assert token not in files[0].read_text()
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert files[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_damaged_file_is_named_and_lets_nobody_in(settings: Settings) -> None:
    path = access_file(settings)
    token = add(path, person("ana", "member", **SCOPES["installations"]))
    path.write_text(path.read_text()[:-20])
    with pytest.raises(GrantsDamaged, match=r"access\.json"):
        Logins(settings).enter(token)


def test_whoever_is_revoked_is_out_at_once_with_token_and_session(settings: Settings) -> None:
    path, logins = access_file(settings), Logins(settings)
    tokens = {name: add(path, person(name, "member", **SCOPES["installations"])) for name in ("ana", "bo")}
    sessions = {name: {COOKIE: logins.log_in(token)} for name, token in tokens.items()}
    revoke(path, "ana")
    with pytest.raises(WrongToken):
        logins.enter(tokens["ana"])
    assert logins.visitor(sessions["ana"]) is None
    assert logins.enter(tokens["bo"]).name == "bo"
    again = add(path, person("ana", "member", **SCOPES["installations"]))
    assert logins.enter(again).name == "ana"
    assert logins.visitor(sessions["ana"]) is None
    assert logins.visitor(sessions["bo"]) is not None


@pytest.mark.parametrize("role", ROLES)
def test_the_page_opens_for_people_and_for_no_service(settings: Settings, role: Role) -> None:
    scope = next(iter(ROLES[role].scopes))
    token = add(access_file(settings), person("ana", role, **SCOPES[scope]))
    logins = Logins(settings)
    if ROLES[role].page:
        visitor = logins.visitor({COOKIE: logins.log_in(token)})
        assert visitor is not None
        assert visitor.name == "ana"
    else:
        with pytest.raises(WrongToken, match="REST alone"):
            logins.log_in(token)


def test_who_is_forgotten_stands_in_no_scope(settings: Settings) -> None:
    path = access_file(settings)
    add(path, person("ana", "member", ["home"], [], False))
    add(path, person("bo", "member", ["home", "other"], [], False))
    add(path, person("eva", "community-manager", [], ["valle"], False))
    add(path, person("program", "service", [], [], True))
    grants.forget(path, "home")
    assert {each.name: each.installations | each.communities for each in read(path)} == {
        "bo": {"other"},
        "eva": {"valle"},
        "program": set(),
    }
    grants.forget(path, "valle")
    assert [each.name for each in read(path)] == ["bo", "program"]


def test_the_owner_enters_by_their_token(settings: Settings) -> None:
    logins = Logins(settings)
    owner = logins.enter(token_of(settings))
    visitor = logins.visitor({COOKIE: logins.log_in(token_of(settings))})
    assert visitor is not None
    assert [(each.name, each.role, each.sees_all) for each in (owner, visitor)] == [
        ("token", None, True),
        ("page", None, True),
    ]
