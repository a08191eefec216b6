"""The affected days' data of each installation brought together, and ``energy``'s functions called on it.

What comes out are totals of quarter-hours and, beside them, the gap ledger of the same readings.

Days are grouped by week: consecutive days share their neighbours' readings, and a year is a few hundred groups
instead of thousands. Rows travel as Arrow and become plain values only inside a group.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.quarters import gap_ledger
from batch_layer.quarters.arrow_rows import ARROW_BOTH, BOTH, TOTALS, ledger_batch, totals_batch, values_of
from batch_layer.quarters.stated_ledger import stated_ledger
from energy.balance import counted, installation_rows
from energy.calendar import midnight
from energy.community import community_energy
from energy.limits import UNLIMITED, Limits
from energy.records import COUNTED
from energy.registers.counters import ANY_HOLE
from energy.statements.intervals import stated_energy
from energy.topics import TOPICS
from store.history.memberships import Membership, grouped, partly

READING_FIELDS = (
    *("installation_id", "device_id", "device_kind", "time", "status", "received_at"),
    *COUNTED,
)
"""Fields that the arithmetic looks at; the rest of a reading stays where it is."""
FIRST_MONDAY = date(1970, 1, 5)


class Evidence(NamedTuple):
    """The data that the totals of affected days rest on."""

    pairs: DataFrame
    """Affected installations and UTC days."""
    readings: DataFrame
    reach: DataFrame
    """The days whose readings of a device bear on an affected day."""
    intervals: DataFrame
    expected: DataFrame
    """Devices and days of the gap ledger."""


def installation_totals(evidence: Evidence, work: Work) -> DataFrame:
    """Energy of every quarter-hour of the affected pairs that has any evidence, readings before intervals.

    Columns: BOTH.
    """
    weeks = (
        evidence.pairs.withColumn("week", F.expr(_week("event_day")))
        .groupBy("installation_id", "week")
        .agg(F.sort_array(F.collect_set("event_day")).alias("days"))
    )
    together = (
        _reading_rows(evidence)
        .unionByName(_interval_rows(evidence.intervals, weeks))
        .unionByName(_expected_rows(evidence.expected))
        .join(weeks, ["installation_id", "week"], "left")
        .repartition(work.tasks, "installation_id", "week")
    )
    ordered = together.sortWithinPartitions("installation_id", "week")
    return ordered.mapInArrow(partial(total_weeks, work), BOTH)


def _week(day: str) -> str:
    return f"CAST(floor(datediff({day}, DATE'{FIRST_MONDAY}') / 7) AS int)"


def _reading_rows(evidence: Evidence) -> DataFrame:
    reaching = evidence.reach.selectExpr(
        "installation_id", "device_id", "event_day", f"{_week('affected_day')} AS week"
    ).distinct()
    return (
        evidence.readings.withColumn("reading", F.struct(*READING_FIELDS))
        .join(reaching, ["installation_id", "device_id", "event_day"])
        .selectExpr("installation_id", "week", "reading", "NULL AS interval", "NULL AS expected")
    )


def _interval_rows(intervals: DataFrame, weeks: DataFrame) -> DataFrame:
    """Each interval once for every week into which it, or what overlaps it, reaches."""
    interval = F.struct(*TOPICS["intervals"].columns)
    shared = "to_date(shared_start), to_date(shared_end - INTERVAL 1 MICROSECOND)"
    spanned = f"explode(sequence({shared})) AS spanned_day"
    return (
        intervals.withColumn("interval", interval)
        .selectExpr("installation_id", "interval", spanned)
        .selectExpr("installation_id", "interval", f"{_week('spanned_day')} AS week")
        .distinct()
        .join(weeks.select("installation_id", "week"), ["installation_id", "week"], "left_semi")
        .selectExpr("installation_id", "week", "NULL AS reading", "interval", "NULL AS expected")
    )


def _expected_rows(expected: DataFrame) -> DataFrame:
    days = F.struct("event_day", "device_id", "quantities", "is_first", "stated_from", "stated_until")
    return expected.withColumn("expected", days).selectExpr(
        "installation_id", f"{_week('event_day')} AS week", "NULL AS reading", "NULL AS interval", "expected"
    )


class Work(NamedTuple):
    """Needs of the totals besides the data: limits, the run's start (UTC), how many tasks to make."""

    limits: Mapping[str, Limits]
    started: datetime
    tasks: int


def total_weeks(work: Work, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Totals, then ledger, of each (installation, week) in a stream ordered by them."""
    gc.freeze()  # the libraries in memory need not be searched for garbage: a quarter of the time
    rows = (row for batch in batches for row in batch.to_pylist())
    for (installation, week), group in groupby(rows, itemgetter("installation_id", "week")):
        together = list(group)
        readings = [_present(row["reading"]) for row in together if row["reading"]]
        intervals = [_present(row["interval"]) for row in together if row["interval"]]
        found = counted(readings, work.limits.get(installation, UNLIMITED), ANY_HOLE, _span(week))
        days = set(together[0]["days"] or ())  # none where only the ledger is wanted
        if days:
            start, end = midnight(min(days)), midnight(max(days) + timedelta(days=1))
            totals = installation_rows(found, start, end, stated_energy(intervals, start, end))
            yield totals_batch(installation, (row for row in totals if row.start.date() in days), ARROW_BOTH)
        wanted = [row["expected"] for row in together if row["expected"]]
        of_devices = [each for each in wanted if each["stated_from"] is None]
        of_meters = [each for each in wanted if each["stated_from"] is not None]
        entries = gap_ledger.ledger(of_devices, readings, found, work.started)
        stated = stated_ledger(of_meters, intervals, work.started)
        yield ledger_batch(installation, chain(entries, stated))


def community_totals(values: DataFrame, memberships: Iterable[Membership], tasks: int) -> DataFrame:
    """Energy of each community from its members' values: community_id and the columns of a total."""
    members = grouped(memberships, attrgetter("community_id"))
    ordered = values.repartition(tasks, "community_id", "event_day").sortWithinPartitions(
        "community_id", "event_day", "installation_id"
    )
    return ordered.mapInArrow(partial(total_communities, members), TOTALS)


def total_communities(
    memberships: Mapping[str, Sequence[Membership]], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Totals of each (community, day) in a stream ordered by them and by member, by the ``memberships`` of each."""
    gc.freeze()
    instants: dict[int, datetime] = {}
    rows = (row for batch in batches for row in values_of(batch, instants))
    for (community, day), group in groupby(rows, itemgetter(0, 1)):
        members = {member: [row for *_, row in theirs] for member, theirs in groupby(group, itemgetter(2))}
        belonged = partly(memberships[community], midnight(day), midnight(day) + timedelta(days=1))
        yield totals_batch(community, community_energy(members, belonged))


def _span(week: int) -> tuple[datetime, datetime]:
    monday = midnight(FIRST_MONDAY + timedelta(weeks=week))
    return monday, monday + timedelta(weeks=1)


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
