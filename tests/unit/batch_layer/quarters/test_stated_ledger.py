"""Holes in what a supplier totals: every quarter-hour between its first statement and its last."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from batch_layer.quarters.stated_ledger import stated_ledger

DAY = datetime(2026, 3, 4, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def hour(n: int, method: str = "measured", hours: int = 1, known: int = 2, **fields: float) -> dict[str, Any]:
    return {
        "installation_id": "a", "meter_id": "official", "start": DAY + n * HOUR, "end": DAY + (n + hours) * HOUR,
        "method": method, "source": "datadis", "known_at": DAY + timedelta(days=known),
        **(fields or {"import_wh": 5.0}),
    }  # fmt: skip


def ledger(intervals: list[dict[str, Any]], *quantities: str) -> list[tuple[date, str, float, float, str, str]]:
    first, last = min(each["start"] for each in intervals), max(each["end"] for each in intervals)
    wanted = [
        {
            "event_day": (DAY + n * timedelta(days=1)).date(), "device_id": "official", "quantities": [quantity],
            "is_first": False, "stated_from": first, "stated_until": last,
        }
        for n in range((last - timedelta(microseconds=1) - DAY).days + 1)
        for quantity in quantities or ("import",)
    ]  # fmt: skip
    entries = stated_ledger(wanted, intervals, DAY + timedelta(days=9))
    return [
        (day, quantity, (s.start - DAY) / HOUR, (s.until - DAY) / HOUR, s.state, s.cause)
        for day, _, quantity, s in entries
    ]


def test_hours_without_a_hole_are_present() -> None:
    assert ledger([hour(n) for n in range(3, 12)]) == [(DAY.date(), "import", 3, 12, "present", "")]


@pytest.mark.parametrize("hole", [(5,), (5, 6, 7), (20, 21, 22, 23, 24, 25), tuple(range(10, 60))])
def test_a_hole_is_missing_on_each_of_its_days(hole: tuple[int, ...]) -> None:
    found = ledger([hour(n) for n in range(72) if n not in hole])
    missing = [n for _, _, start, until, state, cause in found if (state, cause) == ("missing", "silent")
               for n in range(int(start), int(until))]  # fmt: skip
    assert missing == list(hole)
    assert {(state, cause) for *_, state, cause in found} == {("present", ""), ("missing", "silent")}
    assert sum(until - start for _, _, start, until, _, _ in found) == 72


def test_an_estimate_and_a_scaled_hour_are_estimated() -> None:
    found = ledger([hour(0), hour(1, "estimated"), hour(2)])
    assert [each[2:] for each in found] == [
        (0, 1, "present", ""), (1, 2, "estimated", "estimated"), (2, 3, "present", ""),
    ]  # fmt: skip
    found = ledger([hour(0), hour(1), hour(0, hours=2, known=5, import_wh=30.0)])
    assert [each[2:] for each in found] == [(0, 2, "estimated", "scaled total")]


def test_each_quantity_has_its_own_holes_and_a_part_of_a_quarter_hour_is_partial() -> None:
    found = ledger([hour(0, import_wh=1.0, export_wh=2.0), hour(1, import_wh=1.0)], "import", "export")
    assert [each[1:] for each in found] == [
        ("export", 0, 1, "present", ""), ("export", 1, 2, "missing", "silent"), ("import", 0, 2, "present", ""),
    ]  # fmt: skip
    short = hour(0) | {"end": DAY + timedelta(minutes=20)}
    found = ledger([short, hour(1)])
    assert [each[2:] for each in found] == [
        (0, 0.25, "present", ""), (0.25, 0.5, "missing", "partial"), (0.5, 1, "missing", "silent"),
        (1, 2, "present", ""),
    ]  # fmt: skip
