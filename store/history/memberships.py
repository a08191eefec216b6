"""Memberships of an installation in communities over time: table ``membership``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from store.history.periods import ALWAYS, FOREVER, Period, period_of


class Membership(NamedTuple):
    """An installation's quarter-hours that begin in [start, end), UTC, count in the community's sums."""

    installation_id: str
    community_id: str
    start: datetime = ALWAYS
    end: datetime = FOREVER

    def within(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """The part of [start, end) that belongs to the membership; reversed or empty where nothing does."""
        return max(self.start, start), min(self.end, end)


MEMBERSHIPS = "SELECT installation_id, start, until, community_id FROM membership"
INSERT = "INSERT INTO membership (installation_id, start, until, community_id) VALUES (?, ?, ?, ?)"
DELETE = "DELETE FROM membership WHERE installation_id = ? AND start = ?"


def memberships_of(rows: Iterable[Any]) -> tuple[Membership, ...]:
    """The rows of :data:`MEMBERSHIPS`, in order of installation and time."""
    periods = ((row.installation_id, period_of(row.community_id, row)) for row in rows)
    found = (Membership(name, each.value, each.start, each.end) for name, each in periods)
    return tuple(sorted(found, key=lambda each: (each.installation_id, each.start)))


def periods_by_installation(rows: Iterable[Any]) -> dict[str, list[Period[str]]]:
    """The same by installation."""
    found: dict[str, list[Period[str]]] = defaultdict(list)
    for each in memberships_of(rows):
        found[each.installation_id].append(Period(each.community_id, each.start, each.end))
    return found


def grouped(memberships: Iterable[Membership], by: Callable[[Membership], str]) -> Mapping[str, list[Membership]]:
    """The ``memberships`` by whom or by which community, in order."""
    found: dict[str, list[Membership]] = {}
    for each in memberships:
        found.setdefault(by(each), []).append(each)
    return found


def together(memberships: Iterable[Membership], start: datetime, end: datetime) -> Iterator[Membership]:
    """The ``memberships`` that have a part in [start, end), UTC."""
    return (each for each in memberships if max(each.start, start) < min(each.end, end))


def partly(
    memberships: Iterable[Membership], start: datetime, end: datetime
) -> Mapping[str, list[tuple[datetime, datetime]]]:
    """Times in [start, end), UTC, of those that did not belong throughout; ``memberships`` are of one community."""
    found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for each in together(memberships, start, end):
        if (part := each.within(start, end)) != (start, end):
            found[each.installation_id].append(part)
    return found
