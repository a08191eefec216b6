"""Energy as a settlement takes it: a row an installation, UTC day and run, its quarter-hours side by side.

Rows of the batch view become arrays where their files are read, so that what travels and is brought together are days.
Which run's value holds is told by whoever has all of a month's days at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from energy.energy_row import MWH, QUARTER
from energy.money.community.hours import HOUR
from energy.money.community.settled import UNKNOWN, Stated
from energy.money.netting import SURE

USES, GENERATES = "consumption", "generation"
"""The quantities that are shared."""
FLOWS = ("import", "export")
METERED = (*FLOWS, USES)
"""Those of which who shares nothing is billed."""
ABSENT = UNKNOWN - 1
"""A quarter-hour that the run says nothing of; one whose evidence it takes back is UNKNOWN."""
SLOTS, IN_HOUR = timedelta(days=1) // QUARTER, HOUR // QUARTER
ESTIMATED, TOGETHER, BITS = 1, 2, 2
"""Bits of a quarter-hour: it was not measured throughout; it was metered with others of its hour, not by itself."""
NAMES = ("installation_id", "quantity", "run_id")
DAYS = "installation_id string, quantity string, day date, run_id string, stated binary"
"""``stated``: the day's quarter-hours as int64, the mWh above the bits :data:`ESTIMATED` and :data:`TOGETHER`."""
ARROW = pa.schema([("installation_id", pa.string()), ("quantity", pa.string()), ("day", pa.date32()),
                   ("run_id", pa.string()), ("stated", pa.binary())])  # fmt: skip


def days(energy: DataFrame, wanted: DataFrame) -> DataFrame:
    """The days (:data:`DAYS`) of what is ``wanted`` (installation_id, quantity).

    ``energy`` are all runs' rows of the batch view. A day whose rows lie in two batches has a row of each.
    """
    is_known = F.col("energy_wh").isNotNull() & (F.col("completeness") != 0.0)
    mwh = F.rint(F.col("energy_wh") * MWH).cast("bigint")
    bits = F.when(_is_measured(), 0).otherwise(ESTIMATED) + F.when(F.col("method") == "spread", TOGETHER).otherwise(0)
    stated = F.when(is_known, mwh * 2**BITS + bits)
    quarter = (F.unix_seconds("start") / F.lit(int(QUARTER.total_seconds()))).cast("int")
    return (
        energy.select("installation_id", "quantity", quarter.alias("quarter"),
                      F.coalesce(stated, F.lit(UNKNOWN)).alias("stated"), "run_id")
        .join(F.broadcast(wanted.select("installation_id", "quantity").distinct()), ["installation_id", "quantity"],
              "left_semi")
        .mapInArrow(by_day, DAYS)
    )  # fmt: skip


def in_months(energy: DataFrame, wanted: DataFrame) -> DataFrame:
    """The days of each month that is ``wanted`` (community_id, month, installation_id, quantity, first_hour, end_hour).

    Columns: community_id, month and those of :data:`DAYS`.
    """
    # Days find their months by an equal key, the month of UTC, of which a local month touches two.
    utc_months = F.sequence(F.trunc("first_hour", "month"), F.to_date("end_hour"), F.expr("INTERVAL 1 MONTH"))
    by_month = wanted.withColumn("utc_month", F.explode(utc_months))
    inside = (F.date_add("day", 1) > F.col("first_hour")) & (F.col("day") < F.col("end_hour"))
    return (
        days(energy, wanted)
        .withColumn("utc_month", F.trunc("day", "month"))
        .join(by_month, ["installation_id", "quantity", "utc_month"])
        .where(inside)
        .select("community_id", "month", *ARROW.names)
    )


def _is_measured() -> Column:
    """The condition of :func:`energy.money.netting.is_measured`, as a column."""
    of_hour = (F.col("method") == "spread") & (F.coalesce("cause", F.lit("")) == "")
    return (F.col("completeness") == 1.0) & (F.col("method").isin(*SURE) | of_hour)


def by_day(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row for each day of a batch, in whatever order its rows are."""
    for batch in batches:
        if batch.num_rows:
            yield _days_of(batch)


def _days_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    day, slot = np.divmod(np.asarray(columns["quarter"]), SLOTS)
    first, of = _distinct([columns[name].dictionary_encode() for name in NAMES], day)
    stated = np.full((len(first), SLOTS), ABSENT, np.int64)
    stated[of, slot] = np.asarray(columns["stated"])
    ends = np.arange(len(first) + 1, dtype=np.int32) * (SLOTS * stated.itemsize)
    found = {name: columns[name].take(pa.array(first)) for name in NAMES}
    found["day"] = pa.array(day[first].astype(np.int32)).cast(pa.date32())
    found["stated"] = pa.Array.from_buffers(
        pa.binary(), len(first), [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(stated.tobytes())]
    )
    return pa.record_batch([found[name] for name in ARROW.names], schema=ARROW)


def _distinct(names: list[pa.DictionaryArray], day: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first row of each day of each name, and of every row which of these it belongs to."""
    key = day.astype(np.int64) - day.min()
    for name in names:
        key = key * len(name.dictionary) + np.asarray(name.indices)
    # Rows mostly come in order: only the beginnings of what is alike are compared with each other.
    begins = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    _, first, of = np.unique(key[begins], return_index=True, return_inverse=True)
    return begins[first], np.repeat(of, np.diff(begins, append=len(key)))


def hours(rows: pd.DataFrame, column: NDArray[np.int64], columns: int, month: tuple[datetime, int]) -> Stated:
    """Values by hour of the ``month`` (its first, UTC, and how many) and column; UNKNOWN without all quarters.

    ``rows`` are of :data:`DAYS`, each of the ``column`` beside it.
    """
    of_hour = quarters(rows, column, columns, month).reshape(columns, month[1], IN_HOUR)
    known = (of_hour > UNKNOWN).all(axis=2)
    is_estimated = known & (of_hour & ESTIMATED).any(axis=2)
    return Stated(np.where(known, (of_hour >> BITS).sum(axis=2), UNKNOWN).T, is_estimated.T)


def quarters(
    rows: pd.DataFrame, column: NDArray[np.int64], columns: int, month: tuple[datetime, int]
) -> NDArray[np.int64]:
    """The same by column and quarter-hour, as ``stated`` has them; UNKNOWN or less where one is not known.

    Of a quarter-hour the newest run's value holds.
    """
    start, number = month
    first = -(-int(start.timestamp()) // int(HOUR.total_seconds())) * IN_HOUR
    found = np.full((columns, number * IN_HOUR), ABSENT, np.int64)
    if len(rows):
        order = np.argsort(rows["run_id"].to_numpy(), kind="stable")
        stated = np.frombuffer(b"".join(rows["stated"].to_numpy()[order]), np.int64).reshape(-1, SLOTS)
        day = rows["day"].to_numpy().astype("datetime64[D]").astype(np.int64)[order]
        at = day[:, None] * SLOTS + np.arange(SLOTS) - first
        said = (stated != ABSENT) & (at >= 0) & (at < found.shape[1])
        # Where an index comes twice the last one stays: the newest run's.
        found[np.broadcast_to(column[order][:, None], at.shape)[said], at[said]] = stated[said]
    return found
