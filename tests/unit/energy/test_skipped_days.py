"""Places that crossed the date line left a day out: no period of it, none lost, none twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from energy.calendar import aggregate, day_start, local_day, period_start, periods, quarter_hours
from energy.energy_row import EnergyRow

SKIPPED = [
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Fakaofo", date(2011, 12, 30)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
]


@pytest.mark.parametrize(("name", "skipped"), SKIPPED)
def test_a_skipped_day_lasts_no_time(name: str, skipped: date) -> None:
    tz = ZoneInfo(name)
    begin, end = local_day(skipped, tz)
    assert begin == end == day_start(skipped + timedelta(days=1), tz)
    before, until = local_day(skipped - timedelta(days=1), tz)
    assert (until - before, until) == (timedelta(hours=24), begin)


@pytest.mark.parametrize(("name", "skipped"), SKIPPED)
@pytest.mark.parametrize("resolution", ["hour", "day", "month"])
def test_energy_stands_under_its_own_day(name: str, skipped: date, resolution: str) -> None:
    tz = ZoneInfo(name)
    start = datetime.combine(skipped, datetime.min.time(), timezone.utc) - timedelta(days=3)
    end = start + timedelta(days=6)
    rows = [EnergyRow("import", begin, 1.0, 1.0, "measured", 1.0, 1.0) for begin in quarter_hours(start, end)]
    sums = aggregate(rows, resolution, tz)
    assert sum(row.energy_wh for row in sums) == len(rows)
    assert all(period_start(row.start, resolution, tz) == row.start for row in sums)
    spans = [*periods(start, end, resolution, tz)]
    assert all(begin < until for begin, until in spans)
    assert [until for _, until in spans[:-1]] == [begin for begin, _ in spans[1:]]
    if resolution == "day":
        days = [begin.astimezone(tz).date() for begin, _ in spans]
        assert skipped not in days
        assert skipped - timedelta(days=1) in days
        whole = {row.start.astimezone(tz).date(): row.energy_wh for row in sums}
        assert whole[skipped - timedelta(days=1)] == 96
