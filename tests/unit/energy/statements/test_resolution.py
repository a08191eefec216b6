"""Supplies whose hours are stated in whole kWh are known by a month of them, and no others."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from energy.statements.resolution import HOUR, MANY, in_whole_kwh, months_in_whole_kwh

MAY = datetime(2026, 5, 1, tzinfo=timezone.utc)


def interval(hour: int, length: timedelta = HOUR, **energies: float) -> dict[str, Any]:
    return {"meter_id": "m", "start": MAY + hour * HOUR, "end": MAY + hour * HOUR + length, **energies}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param([0.0, 1000.0, 2000.0] * MANY, True, id="whole"),
        pytest.param([0.0] * 700, False, id="nothing but zeros"),
        pytest.param([0.0] * 700 + [1000.0] * (MANY - 1), False, id="too few to say"),
        pytest.param([1000.0] * 700 + [1001.0], False, id="one is finer"),
        pytest.param([], False, id="none"),
    ],
)
def test_a_month_of_whole_kwh_is_no_chance(hours: list[float], expected: bool) -> None:
    assert in_whole_kwh(hours) is expected


def test_each_month_and_quantity_speaks_for_itself() -> None:
    may = [interval(n, import_wh=1000.0, export_wh=250.0 * (n % 5)) for n in range(48)]
    june = [interval(31 * 24 + n, import_wh=1000.0 + n, export_wh=2000.0) for n in range(48)]
    of_a_bill = [interval(0, timedelta(days=31), import_wh=123_456.0)]
    assert months_in_whole_kwh([*may, *june, *of_a_bill]) == {
        "import": {date(2026, 5, 1)}, "export": {date(2026, 6, 1)}
    }  # fmt: skip
