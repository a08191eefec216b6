"""Who sees how much of which installation, by role and scope."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from serving_layer.access.person import LEAST_OTHERS, ROLES, Person, Role, Sight

NOTHING, TOTALS, WHOLE = Sight
SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)


def home(name: str, community: str) -> dict[str, Any]:
    return member(name, community, None, None)


def member(name: str, community: str, since: int | None, until: int | None) -> dict[str, Any]:
    """A home that belonged to ``community`` from one day of October to another; None: open."""
    first, last = (None if day is None else datetime(2026, 10, day, tzinfo=timezone.utc) for day in (since, until))
    now = {"community_id": community} if until is None else {}
    held = {"community_id": community, "from": first, "to": last}
    return {"installation_id": name, "kind": "home", "memberships": [held], **now}


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


def test_of_a_community_with_few_others_a_total_would_reveal_too_much() -> None:
    assert sights(scoped("member", installations=frozenset({"s0"}))) == {"s0": WHOLE}
    own = frozenset({"l0", "l1"})
    assert sights(scoped("member", installations=own)) == {"l0": WHOLE, "l1": WHOLE}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([(None, None)] * LEAST_OTHERS, TOTALS),
        ([(None, None)] * (LEAST_OTHERS - 1), NOTHING),
        ([(5, None)] * LEAST_OTHERS, TOTALS),
        ([*[(5, None)] * LEAST_OTHERS, (None, 5)], NOTHING),
        ([(5, None), *[(6, None)] * LEAST_OTHERS], NOTHING),
        ([*[(None, None)] * LEAST_OTHERS, (None, 9)], TOTALS),
        ([*[(None, None)] * (LEAST_OTHERS - 1), (None, 9)], NOTHING),
        ([*[(None, None)] * (LEAST_OTHERS - 1), (None, 9), (9, None)], TOTALS),
        ([*[(None, None)] * (LEAST_OTHERS - 1), (None, 9), (10, None)], NOTHING),
        ([*[(None, 9)] * LEAST_OTHERS, *[(12, None)] * LEAST_OTHERS], TOTALS),
    ],
)
def test_a_total_of_the_past_reveals_no_more_than_one_of_now(
    others: list[tuple[int | None, int | None]], expected: Sight
) -> None:
    whole = community("dated")
    known = [whole, home("own", "dated"), *(member(f"o{n}", "dated", *of) for n, of in enumerate(others))]
    assert scoped("member", installations=frozenset({"own"})).sight(whole, known) == expected


@pytest.mark.parametrize("role", ROLES)
def test_a_community_named_as_an_installation_opens_none_of_its_members(role: Role) -> None:
    assert sights(scoped(role, installations=frozenset({"large"}))) == {}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_without_a_scope_nothing_is_seen(role: Role | None) -> None:
    assert sights(scoped(role)) == {}
