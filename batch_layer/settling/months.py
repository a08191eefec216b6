"""A community's month brought together and settled: its betas, members and their days in, a row a member out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling import days, lines, settled
from energy.calendar import zone
from energy.money.community.settled import (
    INCOMPLETE,
    NO_FILE,
    OUTSIDE,
    UNKNOWN,
    Euros,
    Shares,
    Stated,
    Whole,
    member_euros,
    month_hours,
    month_numbers,
    share_month,
)
from energy.money.contract import CONTRACTS
from energy.money.market import Market
from energy.money.tariff import Tariffs

GROUP = ("community_id", "month")
BETAS, MEMBER, USE, GENERATION = 0, 1, 2, 3
"""Kinds of rows: a version's betas of a member, a member that is due, a day of its use, a day of the generation."""
PARTS, ENERGIES = map(len, (settled.PARTS, settled.ENERGIES))
CASES = ("conditions", "case_totals", "case_savings")
"""Lists, one entry a case; none where nothing depends on a condition."""
EUROS = ("total_cents", "saving_cents", "note", *CASES)
KEYS = ("agreement_key", "supply_key")
SAID = (*EUROS, *KEYS)
"""Columns of a settled month beside its hours, and the lines that make its euros."""
COLUMNS = ("installation_id", *settled.PARTS, "changed", "changed_hours", *EUROS, "lines", "why", *KEYS)
ORDER = tuple(column.split()[0] for column in settled.ROWS.split(", "))


class Work(NamedTuple):
    """Needs of settling besides the rows: the rules, the markets of each territory, how many tasks to make."""

    rules: Tariffs
    markets: Mapping[str, Market]
    tasks: int


class Month(NamedTuple):
    """A local month by its first day, the agreement's zone, and the note of who lacks an hour in it."""

    first: date
    zone: tzinfo
    incomplete: str


def settle(due: DataFrame, betas: DataFrame, energy: DataFrame, before: DataFrame, work: Work) -> DataFrame:
    """The rows (settled.ROWS) of the months that are ``due``, without those that are as they were.

    ``energy`` are the rows of the batch view, of all runs that count; ``before`` the settled rows that count so far.
    """
    return (
        _beta_rows(due, betas)
        .unionByName(member_rows(due, before), allowMissingColumns=True)
        .unionByName(_day_rows(due, energy), allowMissingColumns=True)
        .repartition(work.tasks, *GROUP)
        .groupBy(*GROUP)
        .applyInPandas(lambda key, group: settle_month(work, key, group), settled.ROWS)
    )


def _beta_rows(due: DataFrame, betas: DataFrame) -> DataFrame:
    months = due.select(*GROUP).distinct()
    return betas.join(F.broadcast(months), [*GROUP], "left_semi").select(
        *GROUP, F.lit(BETAS).alias("kind"), "installation_id", "first", "until", "number", "begun", "betas"
    )


def member_rows(due: DataFrame, before: DataFrame) -> DataFrame:
    """A row a month that is due, with what was settled before."""
    # Rows of before estimates were noted have no such column.
    parts = [F.coalesce(F.col(part), F.transform(settled.ENERGIES[0], lambda _: F.lit(0))) for part in settled.PARTS]
    was = settled.newest(before, *settled.PARTS, *SAID).select(
        *settled.KEY, F.concat(*parts).alias("before"), _said().alias("said_before")
    )
    return due.select(
        *settled.KEY, F.lit(MEMBER).alias("kind"), "time_zone", "hours", "contracts", "why", "agreement_key",
        "supply_key", "metered", "first_hour",
    ).join(was, [*settled.KEY], "left")  # fmt: skip


def _said() -> Column:
    texts = [
        F.concat_ws(",", F.col(name).cast("array<string>")) if name in CASES else F.col(name).cast("string")
        for name in SAID
    ]
    return F.concat_ws("|", *[F.coalesce(text, F.lit("")) for text in texts])


def _day_rows(due: DataFrame, energy: DataFrame) -> DataFrame:
    """The days of what is due: the use of each member, and what the community generates."""
    span = ("first_hour", "end_hour")
    members = due.select(*settled.KEY, *span, F.lit(days.USES).alias("quantity"))
    generated = F.lit(days.GENERATES).alias("quantity")
    plants = due.select(*GROUP, F.col("generation").alias("installation_id"), *span, generated)
    shared = energy.where(F.col("quantity").isin(days.USES, days.GENERATES))
    kind = F.when(F.col("quantity") == days.USES, USE).otherwise(GENERATION)
    return days.in_months(shared, members.unionByName(plants.distinct())).withColumn("kind", kind).drop("quantity")


def settle_month(work: Work, key: tuple[str, date], group: pd.DataFrame) -> pd.DataFrame:
    """The rows of one community's month: every member that is due, with all its hours."""
    month, due, of_betas = key[1], group[group["kind"] == MEMBER], group[group["kind"] == BETAS]
    of_zone = zone(due["time_zone"].iloc[0])
    span = month_hours(month, of_zone)
    members = np.unique(of_betas["installation_id"].to_numpy(str))
    betas = _betas(of_betas, members, month_numbers(month, of_zone, due["hours"].iloc[0]))
    use, generation = (group[group["kind"] == kind] for kind in (USE, GENERATION))
    uses = days.hours(use, _columns(use, members), len(members), span)
    generated = days.hours(generation, np.zeros(len(generation), np.int64), 1, span)
    shares = share_month(Stated(generated.mwh[:, 0], generated.is_estimated[:, 0]), betas, uses)
    of_month = Month(month, of_zone, NO_FILE if (betas == UNKNOWN).any() else INCOMPLETE)
    rows = [
        _member_row(work, of_month, row, Shares(*(part[:, column] for part in shares)))
        for row, column in zip(due.itertuples(), _columns(due, members), strict=True)
    ]
    return as_rows([row for row in rows if row is not None], key[0], month, span[0])


def as_rows(of: Sequence[tuple[Any, ...]], community: str, month: date, start: datetime) -> pd.DataFrame:
    """What :func:`row_of` has made of a month, as settled.ROWS."""
    found = pd.DataFrame(of, columns=COLUMNS)
    found["community_id"], found["month"], found["start"] = community, month, pd.Timestamp(start).tz_localize(None)
    ordered: pd.DataFrame = found[list(ORDER)]
    return ordered


def _columns(rows: pd.DataFrame, members: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.searchsorted(members, rows["installation_id"].to_numpy(str))


def _betas(rows: pd.DataFrame, members: NDArray[np.str_], numbers: Whole) -> Whole:
    """Millionths by hour and member, OUTSIDE where it belongs to no version; ``numbers`` are those of the hours.

    UNKNOWN where a version holds whose file of the year is missing.
    """
    betas = np.full((len(numbers), len(members)), UNKNOWN, np.int64)
    spans = rows[["first", "until", "number"]].to_numpy(np.int64)
    for (first, until, least), of, column in zip(spans, rows["betas"], _columns(rows, members), strict=True):
        of_span = np.asarray(of)
        betas[first:until, column] = of_span[numbers[first:until] - least if len(of_span) > 1 else 0]
    is_shared = (betas != UNKNOWN).any(axis=1) | (np.arange(len(numbers)) < int(rows["begun"].iloc[0]))
    betas[is_shared[:, None] & (betas == UNKNOWN)] = OUTSIDE
    return betas


def _member_row(work: Work, month: Month, of: Any, shares: Shares) -> tuple[Any, ...] | None:
    return row_of(of, shares, _euros(work, month, of.contracts, shares))


def row_of(of: Any, shares: Shares, found: Euros) -> tuple[Any, ...] | None:
    """A month (of :func:`member_rows`) with its hours and euros, as :data:`COLUMNS`; None where it is as it was."""
    *euros, by_case, owed = found
    cases: list[Any] = [list(each) for each in zip(*by_case, strict=True)] or [None] * len(CASES)
    said = "|".join(_text(each) for each in (*euros, *cases, of.agreement_key, of.supply_key))
    now = np.concatenate(shares).reshape(PARTS, -1)
    nothing = np.repeat([[UNKNOWN]] * ENERGIES + [[0]], now.shape[1], axis=1)
    was = nothing if of.before is None else np.asarray(of.before).reshape(PARTS, -1)
    differs = now != was
    changed, corrected = differs.any(axis=0), (differs & (was != UNKNOWN))[:ENERGIES].any(axis=0)
    if not changed.any() and said == of.said_before:
        return None
    return (of.installation_id, *shares, np.flatnonzero(changed).astype(np.int32), int(corrected.sum()), *euros,
            *cases, lines.as_json(owed), of.why, of.agreement_key, of.supply_key)  # fmt: skip


def _text(said: Any) -> str:
    """The text that :func:`_said` writes."""
    if isinstance(said, list):
        return ",".join(str(each) for each in said if each is not None)
    return "" if said is None else str(said)


def _euros(work: Work, month: Month, stated: str | None, shares: Shares) -> Euros:
    try:
        contracts = CONTRACTS.validate_json(stated or "[]")
    except ValidationError:
        return Euros(None, None, "the contracts are of another version: register them again")
    market = work.markets.get(contracts[-1].territory if contracts else "", Market({}))
    found = member_euros(work.rules, contracts, (month.first, month.zone), shares, market)
    return found._replace(note=month.incomplete) if found.note == INCOMPLETE else found
