"""Communities' totals from their members' rows: many looked up together end as each alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from energy.energy_row import QUARTER, EnergyRow
from speed_layer.energy_query import totals
from speed_layer.energy_query.totals import Totals, community_totals
from speed_layer.energy_query.windows import Window
from store.history.memberships import Membership
from tests.support.readings import NOON

HOUR = Window(NOON, NOON + timedelta(hours=1))
MEMBERS = {f"village-{n}": [f"home-{n}-{m}" for m in range(n + 1)] for n in range(4)}


class Rows:
    """Table ``energy_speed`` in memory: two quarter-hours of generation of each home."""

    def __init__(self) -> None:
        self.held = {
            home: [EnergyRow("generation", NOON + k * QUARTER, 100.0 * (number + 1) + k) for k in range(2)]
            for of in MEMBERS.values()
            for number, home in enumerate(of)
        }
        self.withdrawn: set[tuple[str, str, datetime]] = set()
        self.asked = 0

    def energy(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        self.asked += 1
        return self._within(asked)

    def _within(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        return [[row for row in self.held.get(name, []) if a <= row.start < b] for name, a, b in asked]

    def firsts(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        return [within[:1] for within in self._within(asked)]

    def withdraw(self, periods: Iterable[tuple[str, str, datetime]]) -> None:
        self.withdrawn |= set(periods)


def made(rows: Rows, moves: Iterable[Membership] = ()) -> list[Totals]:
    windows = {name: [HOUR] for name in MEMBERS}
    members = {name: [Membership(home, name) for home in homes] for name, homes in MEMBERS.items()}
    for each in moves:
        others = [of for of in members[each.community_id] if of.installation_id != each.installation_id]
        members[each.community_id] = [*others, each]
    return list(community_totals(rows, members, windows))  # type: ignore[arg-type]


@pytest.mark.parametrize("at_once", [1, 3, 500])
def test_totals_are_the_members_sums_however_many_are_looked_up_together(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(totals, "_MEMBERS_AT_ONCE", at_once)
    found = made(Rows())
    assert [each.name for each in found] == sorted(MEMBERS)
    for each in found:
        size = len(MEMBERS[each.name])
        sums = [100.0 * size * (size + 1) / 2 + k * size for k in range(2)]
        assert [row.energy_wh for row in each.rows] == sums
        assert [row.completeness for row in each.rows] == [1.0, 1.0]


def test_one_look_serves_all_communities() -> None:
    rows = Rows()
    made(rows)
    assert rows.asked == 2


def test_what_no_member_gives_evidence_of_any_more_is_taken_back() -> None:
    rows = Rows()
    stale = EnergyRow("generation", NOON + 2 * QUARTER, 7.0)
    rows.held["village-1"] = [EnergyRow("generation", NOON, 5.0), stale]
    made(rows)
    assert rows.withdrawn == {("village-1", "generation", stale.start)}


def test_a_home_that_moved_counts_before_in_the_old_sum_and_after_in_the_new_one() -> None:
    moved = NOON + QUARTER
    moves = [Membership("home-1-0", "village-1", end=moved), Membership("home-1-0", "village-0", start=moved)]
    found = {each.name: {row.start: row for row in each.rows} for each in made(Rows(), moves)}
    assert {start: row.energy_wh for start, row in found["village-1"].items()} == {NOON: 300.0, moved: 201.0}
    assert {start: row.energy_wh for start, row in found["village-0"].items()} == {NOON: 100.0, moved: 202.0}
    assert {row.completeness for each in found.values() for row in each.values()} == {1.0}
