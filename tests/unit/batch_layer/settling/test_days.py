"""Days as arrays make the hours of a month that its quarter-hours make, taken one after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from batch_layer.settling import days
from energy.calendar import local_month
from energy.money.community.hours import HOUR
from energy.money.community.settled import UNKNOWN, month_hours

QUARTER = timedelta(minutes=15)
RUNS = ("20260301T000000Z", "20260302T000000Z", "20260310T000000Z")
OF = (days.USES, days.GENERATES)
Row = tuple[str, str, datetime, str, int, bool]
"""Installation and quantity first; the last: it was not measured throughout."""


def rows(dice: random.Random, members: list[str], start: datetime, end: datetime) -> Iterator[Row]:
    """What the runs say from a day before the month to one after it, in the order of the files: by day and run.

    The first run says most, the others correct it and take back.
    """
    day = start.replace(hour=0, minute=0) - timedelta(days=1)
    while day < end + timedelta(days=1):
        for run_id, share in zip(RUNS, (0.998, 0.05, 0.05), strict=True):
            for member in members:
                for n in range(96):
                    if dice.random() < share:
                        mwh = UNKNOWN if dice.random() < 0.01 else dice.randrange(10**7)
                        is_estimated = dice.random() < 0.02 and mwh != UNKNOWN
                        yield member, OF[member == "roof"], day + n * QUARTER, run_id, mwh, is_estimated
        day += timedelta(days=1)


def batch(of: list[Row]) -> pa.RecordBatch:
    """The rows as Spark hands them on."""
    members, quantities, starts, run_ids, energies, estimated = zip(*of, strict=True)
    stated = [mwh if mwh == UNKNOWN else 4 * mwh + bit for mwh, bit in zip(energies, estimated, strict=True)]
    quarters = pa.array([int(start.timestamp()) // 900 for start in starts], pa.int32())
    arrays = [pa.array(members), pa.array(quantities), quarters, pa.array(stated, pa.int64()), pa.array(run_ids)]
    return pa.record_batch(arrays, names=["installation_id", "quantity", "quarter", "stated", "run_id"])


def cut(dice: random.Random, of: list[Row]) -> Iterator[pa.RecordBatch]:
    """The rows in batches that end anywhere."""
    begin = 0
    while begin < len(of):
        end = begin + dice.randint(1, 700)
        yield batch(of[begin:end])
        begin = end


def plainly(of: list[Row], member: str, hours: list[datetime]) -> list[tuple[int, bool]]:
    """Each hour by its four quarters, of each the newest run's value, and whether one of them was estimated."""
    newest: dict[datetime, tuple[int, bool]] = {}
    for row in sorted((row for row in of if row[0] == member), key=lambda row: row[3]):
        newest[row[2]] = row[4:]
    found = []
    for hour in hours:
        energies, estimated = zip(*(newest.get(hour + n * QUARTER, (UNKNOWN, False)) for n in range(4)), strict=True)
        found.append((UNKNOWN, False) if UNKNOWN in energies else (sum(energies), any(estimated)))
    return found


@pytest.mark.parametrize(
    ("month", "name"),
    [
        (date(2026, 3, 1), "Europe/Madrid"),  # a day of 23 hours
        (date(2025, 10, 1), "Europe/Madrid"),  # and one of 25
        (date(2026, 3, 1), "Atlantic/Canary"),
        (date(2026, 1, 1), "UTC"),
        (date(2026, 2, 1), "Asia/Kolkata"),  # its months begin in the midst of an hour of UTC
    ],
)
def test_a_months_hours_are_those_of_its_quarters_of_the_newest_runs(month: date, name: str) -> None:
    dice, zone = random.Random(f"{month} {name}"), ZoneInfo(name)
    members = ["ana", "bea", "roof"]
    start, number = month_hours(month, zone)
    said = list(rows(dice, members, start, local_month(month.year, month.month, zone)[1]))
    arrays = [row for each in days.by_day(cut(dice, said)) for row in each.to_pylist()]
    dice.shuffle(arrays)
    frame = pd.DataFrame(arrays)
    first = start + (-start.astimezone(timezone.utc).minute % 60) * timedelta(minutes=1)
    hours = [first + n * HOUR for n in range(number)]
    for member in members:
        own = frame[frame["installation_id"] == member]
        assert set(own["quantity"]) == {OF[member == "roof"]}
        found, estimated = days.hours(own, np.ones(len(own), np.int64), 2, (start, number))
        assert list(zip(found[:, 1].tolist(), estimated[:, 1].tolist(), strict=True)) == plainly(said, member, hours)
        assert (found[:, 0] == UNKNOWN).all()
        assert not estimated[:, 0].any()
    assert 0 < found[:, 1].tolist().count(UNKNOWN) < number
    assert 0 < estimated[:, 1].sum() < number


def test_a_day_is_a_row_however_many_quarters_it_has() -> None:
    noon = datetime(2026, 3, 29, 12, tzinfo=timezone.utc)
    said: list[Row] = [("ana", OF[0], noon + n * QUARTER, RUNS[0], n, n % 2 == 1) for n in range(60)]
    said += [("bea", OF[0], noon, RUNS[0], 1, False), ("ana", OF[0], noon, RUNS[1], 1, False)]
    random.Random(2).shuffle(said)
    (found,) = days.by_day([batch(said)])
    rows = sorted(found.to_pylist(), key=lambda row: (row["installation_id"], row["run_id"], row["day"]))
    names = [(row["installation_id"], row["run_id"], row["day"].day) for row in rows]
    assert names == [("ana", RUNS[0], 29), ("ana", RUNS[0], 30), ("ana", RUNS[1], 29), ("bea", RUNS[0], 29)]
    stated = np.frombuffer(rows[0]["stated"], np.int64)
    assert stated.tolist() == [days.ABSENT] * 48 + [4 * n + n % 2 for n in range(48)]


def test_without_any_day_no_hour_is_known() -> None:
    nothing = pd.DataFrame([], columns=["installation_id", "quantity", "day", "run_id", "stated"])
    span = month_hours(date(2026, 2, 1), ZoneInfo("Europe/Madrid"))
    found = days.hours(nothing, np.zeros(0, np.int64), 3, span)
    assert (found.mwh == UNKNOWN).all()
    assert not found.is_estimated.any()
