"""Who sees how much of which installation, by role and scope."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from serving_layer.access.person import LEAST_OTHERS, ROLES, Person, Role, Sight

NOTHING, TOTALS, WHOLE = Sight
SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)


def home(name: str, community: str) -> dict[str, Any]:
    return {"installation_id": name, "kind": "home", "community_id": community}


def community(name: str) -> dict[str, Any]:
    return {"installation_id": name, "kind": "community"}


LARGE = [community("large"), *(home(f"l{n}", "large") for n in range(LEAST_OTHERS + 1))]
SMALL = [community("small"), *(home(f"s{n}", "small") for n in range(LEAST_OTHERS))]
KNOWN = [*LARGE, *SMALL, {"installation_id": "plant", "kind": "plant"}]


def sights(person: Person) -> dict[str, Sight]:
    """Of what they see anything, how much."""
    found = {each["installation_id"]: person.sight(each, KNOWN) for each in KNOWN}
    return {name: sight for name, sight in found.items() if sight}


def scoped(role: Role | None, **scope: Any) -> Person:
    return Person("somebody", "", SINCE, role, **scope)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_whoever_sees_all_sees_all_whole(role: Role | None) -> None:
    found = sights(scoped(role, sees_all=True))
    assert found == {each["installation_id"]: WHOLE for each in KNOWN}


@pytest.mark.parametrize("role", ROLES)
def test_whoever_has_a_community_sees_it_and_its_members(role: Role) -> None:
    found = sights(scoped(role, communities=frozenset({"small"})))
    assert found == {each["installation_id"]: WHOLE for each in SMALL}


@pytest.mark.parametrize("role", ROLES)
def test_an_installation_is_seen_without_its_neighbours(role: Role) -> None:
    totals = {"large": TOTALS} if role == "member" else {}
    assert sights(scoped(role, installations=frozenset({"l0"}))) == {"l0": WHOLE, **totals}
    assert sights(scoped(role, installations=frozenset({"plant"}))) == {"plant": WHOLE}


def test_of_a_community_with_few_others_a_total_would_tell_too_much() -> None:
    assert sights(scoped("member", installations=frozenset({"s0"}))) == {"s0": WHOLE}
    own = frozenset({"l0", "l1"})
    assert sights(scoped("member", installations=own)) == {"l0": WHOLE, "l1": WHOLE}


@pytest.mark.parametrize("role", ROLES)
def test_a_community_named_as_an_installation_opens_none_of_its_members(role: Role) -> None:
    assert sights(scoped(role, installations=frozenset({"large"}))) == {}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_without_a_scope_nothing_is_seen(role: Role | None) -> None:
    assert sights(scoped(role)) == {}
