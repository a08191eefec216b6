"""Readings that end within a quarter-hour, beside statements of any length: no time is left out, none counts twice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.balance import counted, installation_rows
from energy.energy_row import EnergyRow, exact_sums
from energy.limits import UNLIMITED
from energy.statements.intervals import stated_energy

MIDNIGHT = datetime(2026, 6, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)
PACE = 10.0
"""Wh that flow in a minute."""


def rows(last: int, begin: int, end: int, method: str = "measured") -> list[EnergyRow]:
    """Import of readings every 5 minutes up to minute ``last``, and of a statement of other minutes."""
    readings = [
        {
            "installation_id": "home", "device_id": "m", "device_kind": "meter",
            "time": MIDNIGHT + timedelta(minutes=m), "import_total_wh": 1000.0 + PACE * m,
        }
        for m in range(0, last + 1, 5)
    ]  # fmt: skip
    said: dict[str, Any] = {
        "installation_id": "home", "meter_id": "m", "method": method, "source": "d", "known_at": MIDNIGHT + DAY,
        "start": MIDNIGHT + timedelta(minutes=begin), "end": MIDNIGHT + timedelta(minutes=end),
        "import_wh": PACE * (end - begin), "export_wh": 0.0,
    }  # fmt: skip
    span = MIDNIGHT, MIDNIGHT + DAY
    found = installation_rows(counted(readings, UNLIMITED), *span, stated_energy([said], *span))
    return [row for row in found if row.quantity == "import"]


@pytest.mark.parametrize("method", ["measured", "estimated"])
def test_a_quarter_hour_in_which_readings_end_is_filled_from_the_hours_behind(method: str) -> None:
    found = rows(65, 0, 180, method)
    assert [row.energy_wh for row in found] == [150.0] * 12
    assert {row.completeness for row in found} == {1.0}
    edge = found[4]
    assert (edge.method, edge.lower_wh, edge.upper_wh) == (
        "spread" if method == "measured" else "estimated", 50.0, 200.0,
    )  # fmt: skip
    assert {row.method for row in found[:4]} == {"measured"}


def test_a_measured_statement_of_just_this_quarter_hour_stands() -> None:
    found = rows(65, 60, 75)
    assert [(row.energy_wh, row.method, row.lower_wh, row.upper_wh) for row in found[4:]] == [
        (150.0, "official", 150.0, 150.0)
    ]


def test_a_statement_that_covers_no_more_adds_nothing() -> None:
    assert rows(65, 60, 64) == rows(65, 600, 601)[:-1]


@given(st.integers(1, 30).map(lambda n: 5 * n), st.integers(0, 150), st.integers(1, 200))
def test_what_truly_flowed_lies_in_the_bounds_of_all_that_is_covered(last: int, begin: int, length: int) -> None:
    for row in rows(last, begin, begin + length):
        energy, lower, upper = exact_sums([row])
        assert lower <= energy <= upper
        assert 0 <= energy <= PACE * 15 + 0.001
        if row.completeness == 1:
            assert energy == pytest.approx(PACE * 15, abs=0.001)
