"""Accepted or duplicate."""

from __future__ import annotations

from typing import Any

import pytest

from speed_layer.readings_query.duplicates import Stored, classify, key, may_be_stored
from tests.support.readings import NOON, at, reading

A = reading(0, ac_power_w=100.0)
GREATER = reading(0, ac_power_w=200.0)
SMALLER = reading(0, ac_power_w=50.0)
OTHER_FIELD = reading(0, voltage_v=230.0)


@pytest.mark.parametrize(
    ("readings", "stored", "accepted", "duplicate", "ends"),
    [
        pytest.param([A], [], 1, 0, A, id="new"),
        pytest.param([A, A], [], 1, 1, A, id="repeated in the batch"),
        pytest.param([A], [Stored(A, (0, 99))], 0, 1, None, id="repeated of an earlier batch"),
        pytest.param([A], [Stored(A, (0, 0))], 1, 0, A, id="replayed"),
        pytest.param([A, A], [Stored(A, (0, 0))], 1, 1, A, id="replayed with its repeat"),
        pytest.param([A, GREATER], [], 2, 0, GREATER, id="conflict"),
        pytest.param([GREATER, A], [], 1, 1, GREATER, id="conflict that changes nothing"),
        pytest.param([SMALLER], [Stored(A, (0, 99))], 0, 1, None, id="conflict with the stored, lost"),
        pytest.param([GREATER], [Stored(A, (0, 99))], 1, 0, GREATER, id="conflict with the stored, won"),
        pytest.param([A, OTHER_FIELD], [], 2, 0, {**A, **OTHER_FIELD}, id="two halves"),
        pytest.param([OTHER_FIELD], [Stored(A, (0, 99))], 1, 0, {**A, **OTHER_FIELD}, id="the other half"),
    ],
)
def test_classified(
    readings: list[dict[str, Any]],
    stored: list[Stored],
    accepted: int,
    duplicate: int,
    ends: dict[str, Any] | None,
) -> None:
    taken = [((0, offset), each) for offset, each in enumerate(readings)]
    result = classify(taken, {key(each.reading): each for each in stored})
    assert (len(result.accepted), result.duplicate) == (accepted, duplicate)
    row = result.rows.get(key(A))
    assert (row.reading if row else None) == ends


def test_the_store_is_asked_only_about_what_it_may_hold() -> None:
    readings = [reading(-1), reading(0), reading(1), reading(0, "never-seen")]
    assert may_be_stored(readings, {("home-1", "home-1-inverter"): NOON}) == {
        ("home-1", "home-1-inverter", at(-1)),
        ("home-1", "home-1-inverter", at(0)),
    }
