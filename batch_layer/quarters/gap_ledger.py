"""The gap ledger of a night: its devices and days, and the state of each quarter-hour.

A device is expected from the first day on which it sent up to the cut. The ledger is made anew for affected days and
for days that are new under the cut, so that a device that has fallen silent is missed although no data affect its days.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.runs import Run
from energy.balance import Counted, device_rows
from energy.calendar import period_start, quarter_hours
from energy.gaps import LATE, Stretch, arrivals, gap_ledger, stretches

_DAY = timedelta(days=1)


def expected_days(devices: DataFrame, pairs: DataFrame, run: Run) -> DataFrame:
    """Each device with its days before the cut that are affected or new under the cut of this run."""
    cut = F.lit(run.cut.date())
    counting = devices.where("size(quantities) > 0").withColumn("first", F.expr("spans[0].first"))
    since = F.greatest("first", F.lit(run.previous_cut.date())) if run.previous_cut else F.col("first")
    new = counting.withColumn("since", since).where(F.col("since") < cut)
    come = new.select(
        "installation_id",
        "device_id",
        "quantities",
        "first",
        F.explode(F.sequence("since", F.date_sub(cut, 1))).alias("event_day"),
    )
    again = counting.join(pairs, "installation_id").where("event_day >= first")
    columns = ("installation_id", "event_day", "device_id", "quantities", (F.col("event_day") == F.col("first")))
    named = [column if isinstance(column, str) else column.alias("is_first") for column in columns]
    return come.select(*named).unionByName(again.select(*named)).distinct()


class Entry(NamedTuple):
    """A stretch of one device's day in the ledger."""

    day: date
    device_id: str
    quantity: str
    stretch: Stretch


def ledger(
    wanted: Iterable[Mapping[str, Any]], readings: Sequence[Mapping[str, Any]], counted: Counted, written: datetime
) -> Iterator[Entry]:
    """Every stretch of the ``wanted`` days (rows of the artifact ``expected``) of one installation.

    ``readings`` (with received_at) and what was ``counted`` of them reach beyond each day as the energy of that day
    needs; ``written`` (UTC) is when the night speaks.
    """
    days = sorted(wanted, key=lambda each: (each["event_day"], each["device_id"]))
    samples: dict[str, list[tuple[datetime, datetime]]] = {}
    for reading in readings if days else ():
        samples.setdefault(reading["device_id"], []).append((reading["time"], reading["received_at"]))
    for taken in samples.values():
        taken.sort()
    for each in days:
        day, device = each["event_day"], each["device_id"]
        start = datetime.combine(day, time(), timezone.utc)
        end = start + _DAY
        taken = samples.get(device, [])
        begin, until = bisect_left(taken, (start,)), bisect_left(taken, (end,))
        first = taken[begin][0] if each["is_first"] and begin < until else start
        periods = list(quarter_hours(period_start(first), end))
        arrived = arrivals(taken[max(0, begin - 1) : until + 1], start, end)
        for quantity in each["quantities"]:
            rows = device_rows(counted, device, quantity, start, end)
            entries = gap_ledger(periods, rows, arrived, max(written, end + LATE))
            yield from (Entry(day, device, quantity, stretch) for stretch in stretches(entries))
