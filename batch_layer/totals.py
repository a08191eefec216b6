"""The touched days' data of each installation brought together, and ``energy``'s functions called on it.

Days are grouped by week: consecutive days share their neighbours' readings, and a year is a few hundred groups
instead of thousands. Rows travel as Arrow and become plain values only inside a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.catalogue import Catalogue
from batch_layer.touched import CONTEXT_DAYS, INTERVAL_SPAN
from energy.balance import EnergyRow, community_energy, installation_energy
from energy.intervals import fill, interval_energy
from energy.records import REGISTERS
from energy.rows import from_us

TOTALS = (
    "installation_id string, quantity string, start timestamp, energy_wh double, completeness double, "
    "method string, lower_wh double, upper_wh double, cause string, event_day date"
)
READING_FIELDS = (
    *("installation_id", "device_id", "device_kind", "time", "status"),
    *dict.fromkeys(name for register, (_, _, power) in REGISTERS.items() for name in (register, power)),
)
"""What the arithmetic looks at; the rest of a reading stays where it is."""
_ARROW = pa.schema(
    [
        ("installation_id", pa.string()),
        ("quantity", pa.string()),
        ("start", pa.timestamp("us", tz="UTC")),
        ("energy_wh", pa.float64()),
        ("completeness", pa.float64()),
        ("method", pa.string()),
        ("lower_wh", pa.float64()),
        ("upper_wh", pa.float64()),
        ("cause", pa.string()),
        ("event_day", pa.date32()),
    ]
)
_WEEK = "CAST(floor(datediff({0}, DATE'1970-01-05') / 7) AS int)"


def installation_totals(
    pairs: DataFrame, readings: DataFrame, intervals: DataFrame, catalogue: Catalogue, tasks: int
) -> DataFrame:
    """Energy of every quarter-hour of the touched pairs that has any evidence, readings before intervals."""
    weeks = (
        pairs.withColumn("week", F.expr(_WEEK.format("event_day")))
        .groupBy("installation_id", "week")
        .agg(F.sort_array(F.collect_set("event_day")).alias("days"))
    )
    near = ", ".join(_WEEK.format(f"date_add(event_day, {n})") for n in range(-CONTEXT_DAYS, CONTEXT_DAYS + 1))
    from_readings = (
        readings.withColumn("reading", F.struct(*READING_FIELDS))
        .selectExpr("installation_id", "event_day", "reading", f"explode(array_distinct(array({near}))) AS week")
        .join(weeks, ["installation_id", "week"])
        .where(f"event_day BETWEEN date_sub(days[0], {CONTEXT_DAYS}) AND date_add(array_max(days), {CONTEXT_DAYS})")
        .selectExpr("installation_id", "week", "days", "reading", "NULL AS interval")
    )
    interval = F.struct(*[c for c in intervals.columns if c not in ("event_day", "archive")])
    spanned = INTERVAL_SPAN.replace("AS event_day", "AS spanned_day")
    from_intervals = (
        intervals.withColumn("interval", interval)
        .selectExpr("installation_id", "interval", spanned)
        .selectExpr("installation_id", "interval", f"{_WEEK.format('spanned_day')} AS week")
        .distinct()
        .join(weeks, ["installation_id", "week"])
        .selectExpr("installation_id", "week", "days", "NULL AS reading", "interval")
    )
    together = from_readings.unionByName(from_intervals).repartition(tasks, "installation_id", "week")
    ordered = together.sortWithinPartitions("installation_id", "week")
    return ordered.mapInArrow(partial(total_weeks, catalogue.capacity_kw), TOTALS)


def total_weeks(capacity_kw: Mapping[str, float | None], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Totals of each (installation, week) in a stream ordered by them."""
    rows = (row for batch in batches for row in batch.to_pylist())
    for (installation, _), group in groupby(rows, itemgetter("installation_id", "week")):
        together = list(group)
        days = set(together[0]["days"])
        start, end = _midnight(min(days)), _midnight(max(days) + timedelta(days=1))
        readings = [_present(row["reading"]) for row in together if row["reading"]]
        intervals = [_present(row["interval"]) for row in together if row["interval"]]
        measured = installation_energy(readings, start, end, capacity_kw.get(installation))
        totals = fill(measured, interval_energy(intervals, start, end))
        yield _to_arrow(installation, (row for row in totals if row.start.date() in days))


def community_totals(values: DataFrame, tasks: int) -> DataFrame:
    """Energy of each community from its members' values: community_id and the columns of a total."""
    ordered = values.repartition(tasks, "community_id", "event_day").sortWithinPartitions(
        "community_id", "event_day", "installation_id"
    )
    return ordered.mapInArrow(total_communities, TOTALS)


def total_communities(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Totals of each (community, day) in a stream ordered by them and by member."""
    instants: dict[int, datetime] = {}
    rows = (row for batch in batches for row in _values(batch, instants))
    for (community, _), group in groupby(rows, itemgetter(0, 1)):
        members = {member: [row for *_, row in theirs] for member, theirs in groupby(group, itemgetter(2))}
        yield _to_arrow(community, community_energy(members))


def _values(batch: pa.RecordBatch, instants: dict[int, datetime]) -> Iterator[tuple[str, date, str, EnergyRow]]:
    """Community, day, member and value of each row; whole columns at once, for there are millions."""
    columns = {name: batch.column(name) for name in EnergyRow._fields}
    microseconds = columns.pop("start").cast(pa.int64()).to_pylist()
    instants.update((us, from_us(us)) for us in set(microseconds) - instants.keys())
    plain = {name: column.to_pylist() for name, column in columns.items()}
    plain["start"] = [instants[us] for us in microseconds]
    owners = zip(*(batch.column(n).to_pylist() for n in ("community_id", "event_day", "installation_id")), strict=True)
    values = map(EnergyRow._make, zip(*(plain[name] for name in EnergyRow._fields), strict=True))
    for (community, day, member), value in zip(owners, values, strict=True):
        yield community, day, member, value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _to_arrow(installation: str, totals: Iterable[EnergyRow]) -> pa.RecordBatch:
    rows = list(totals)
    values = zip(*rows, strict=True) if rows else [[] for _ in EnergyRow._fields]
    columns: dict[str, Any] = dict(zip(EnergyRow._fields, values, strict=True))
    columns["installation_id"] = [installation] * len(rows)
    columns["event_day"] = [row.start.date() for row in rows]
    return pa.RecordBatch.from_pydict(columns, schema=_ARROW)
