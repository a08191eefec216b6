"""The rows of the table of all installations: their order and their sums."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from serving_layer.views.state import freshness
from serving_layer.web import control, fleet
from serving_layer.web.words.en import EN


def row(name: str, **changed: Any) -> fleet.Row:
    return fleet.Row(name, name.title(), "home", "", 5.0, 1000.0, 4.0, 2500.0, 0)._replace(**changed)


def test_alarms_come_first_then_the_longest_silent_then_whoever_is_live_by_name() -> None:
    rows = [
        row("live-b"),
        row("live-a"),
        row("an hour", age_s=3600.0),
        row("never", age_s=None, watts=None),
        row("two alarms", alarms=2),
        row("an alarm, silent", alarms=1, age_s=4000.0),
        row("an alarm, live", alarms=1),
    ]
    ordered = [each.installation_id for each in sorted(rows, key=fleet._badness)]
    assert ordered == ["two alarms", "an alarm, silent", "an alarm, live", "never", "an hour", "live-a", "live-b"]


maybe = st.none() | st.floats(0, 1e6)


@given(st.lists(st.builds(row, st.just("x"), age_s=maybe, watts=maybe, today_wh=maybe, alarms=st.integers(0, 3))))
def test_the_sums_are_of_every_row(rows: list[fleet.Row]) -> None:
    totals = fleet.totals(rows, 3)
    assert totals.installations == len(rows)
    assert totals.live == len([each for each in rows if freshness(each.age_s) == "live"])
    assert totals.watts == sum(each.watts or 0.0 for each in rows)
    assert (totals.today_wh is None) == all(each.today_wh is None for each in rows)
    said = control.texts(totals, EN)
    assert said["alarms"] == "3"
    assert all(isinstance(each, str) for each in said.values())
    assert said["live"] == f"{totals.live} / {totals.installations}"


def test_where_nothing_is_known_nothing_is_said_of_a_sum() -> None:
    said = control.texts(fleet.totals([row("x", today_wh=None, watts=None, capacity_kw=None)], 0), EN)
    assert (said["today"], said["power"], said["power-note"]) == ("–", "0 W", "")
