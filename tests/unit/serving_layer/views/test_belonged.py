"""Of whom a community is the sum, and when; and where an installation belonged."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from serving_layer.instants import Span
from serving_layer.views.parts import communities, parts

FIRST = datetime(2026, 3, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SPAN = Span(FIRST, FIRST + 10 * DAY)


def home(name: str, *memberships: tuple[str, int | None, int | None]) -> dict[str, Any]:
    """From and to are days of the span; None: open."""
    held = [
        {"community_id": of, **{key: None if n is None else FIRST + n * DAY for key, n in (("from", a), ("to", b))}}
        for of, a, b in memberships
    ]
    return {"installation_id": name, "kind": "home", "memberships": held}


VALLEY = {"installation_id": "valley", "kind": "community", "memberships": []}
HOMES = [
    home("always", ("valley", None, None)),
    home("moved", ("valley", None, 3), ("hill", 3, None)),
    home("twice", ("valley", 1, 2), ("valley", 5, None)),
    home("earlier", ("valley", None, 0), ("hill", 0, 1)),
    home("later", ("valley", 10, None)),
    home("alone"),
]


def test_a_community_is_the_sum_of_its_members_while_they_belong() -> None:
    assert parts(VALLEY, [VALLEY, *HOMES], SPAN) == {
        "always": [SPAN],
        "moved": [Span(FIRST, FIRST + 3 * DAY)],
        "twice": [Span(FIRST + DAY, FIRST + 2 * DAY), Span(FIRST + 5 * DAY, SPAN.end)],
    }


def test_any_other_is_itself() -> None:
    assert parts(HOMES[0], HOMES, SPAN) == {"always": [SPAN]}


@pytest.mark.parametrize(
    ("number", "belonged"),
    [(0, ["valley"]), (1, ["hill", "valley"]), (2, ["valley"]), (3, ["hill"]), (4, []), (5, [])],
)
def test_the_communities_of_a_time(number: int, belonged: list[str]) -> None:
    assert communities(HOMES[number], SPAN) == belonged
