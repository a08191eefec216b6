"""A community's month brought together and settled: rows of betas, uses and generation in, a row a member out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import ValidationError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling import settled
from batch_layer.settling.due import GENERATES, USES, local_month
from energy.calendar import zone
from energy.energy_row import MWH
from energy.money.community.settled import (
    UNKNOWN,
    Euros,
    Shares,
    member_euros,
    month_hours,
    month_numbers,
    share_month,
)
from energy.money.contract import CONTRACTS
from energy.money.market import Market
from energy.money.tariff import Tariffs

GROUP = ("community_id", "month")
BETAS, USE, GENERATION = 0, 1, 2
"""Kinds of rows."""
PARTS = len(settled.PARTS)
SAID = ("total_cents", "saving_cents", "note", "agreement_key", "supply_key")
"""What a settled month says beside its hours."""
COLUMNS = ("installation_id", *settled.PARTS, "changed", "changed_hours", *SAID[:3], "why", *SAID[3:])
ORDER = tuple(column.split()[0] for column in settled.ROWS.split(", "))


class Work(NamedTuple):
    """What settling needs beside the rows: the rules, the markets of each territory, how many tasks to make."""

    rules: Tariffs
    markets: Mapping[str, Market]
    tasks: int


def settle(due: DataFrame, betas: DataFrame, energy: DataFrame, before: DataFrame, work: Work) -> DataFrame:
    """The rows (settled.ROWS) of the months that are ``due``, without those that are as they were.

    ``energy`` are the quarter-hours of the batch view, ``before`` the settled rows that count so far.
    """
    hourly = hours(energy)
    rows = (
        _beta_rows(due, betas)
        .unionByName(_use_rows(due, hourly, before), allowMissingColumns=True)
        .unionByName(_generation_rows(due, hourly), allowMissingColumns=True)
    )
    return (
        rows.repartition(work.tasks, *GROUP)
        .groupBy(*GROUP)
        .applyInPandas(lambda key, group: settle_month(work, key, group), settled.ROWS)
    )


def hours(energy: DataFrame) -> DataFrame:
    """Energy in mWh of every hour whose quarter-hours all have evidence: installation_id, quantity, hour, mwh."""
    mwh = F.rint(F.col("energy_wh") * MWH).cast("bigint")
    return (
        energy.where(F.col("quantity").isin(USES, GENERATES) & (F.col("completeness") != 0.0))
        .groupBy("installation_id", "quantity", F.date_trunc("hour", "start").alias("hour"))
        .agg(F.sum(mwh).alias("mwh"), F.count("*").alias("quarters"))
        .where("quarters = 4")
        .drop("quarters")
    )


def _beta_rows(due: DataFrame, betas: DataFrame) -> DataFrame:
    months = due.select(*GROUP).distinct()
    return betas.join(F.broadcast(months), [*GROUP], "left_semi").select(
        *GROUP,
        F.lit(BETAS).alias("kind"),
        "installation_id",
        F.array("first", "until", "number").alias("at"),
        F.col("betas").cast("array<bigint>").alias("mwh"),
    )


def _use_rows(due: DataFrame, hourly: DataFrame, before: DataFrame) -> DataFrame:
    """A row a member, whether or not any use of it is known, with what was settled before."""
    uses = _arrays(hourly.where(F.col("quantity") == USES), due, [*GROUP, "installation_id"])
    was = settled.newest(before, *settled.PARTS, *SAID).select(
        *settled.KEY, F.concat(*settled.PARTS).alias("before"), _said().alias("said_before")
    )
    return (
        due.select(*settled.KEY, F.lit(USE).alias("kind"), "time_zone", "hours", "contracts", "why",
                   "agreement_key", "supply_key")
        .join(uses, [*settled.KEY], "left")
        .join(was, [*settled.KEY], "left")
    )  # fmt: skip


def _said() -> Column:
    return F.concat_ws("|", *[F.coalesce(F.col(name).cast("string"), F.lit("")) for name in SAID])


def _generation_rows(due: DataFrame, hourly: DataFrame) -> DataFrame:
    plants = due.select(*GROUP, F.col("generation").alias("installation_id"), "time_zone", "first_hour").distinct()
    return _arrays(hourly.where(F.col("quantity") == GENERATES), plants, [*GROUP]).withColumn("kind", F.lit(GENERATION))


def _arrays(hourly: DataFrame, wanted: DataFrame, by: list[str]) -> DataFrame:
    """The hours, numbered from the month's first on, of the ``wanted`` installations' months as arrays."""
    named = wanted.select(*{*by, "installation_id"}, "community_id", "month", "time_zone", "first_hour")
    zones = named.select("installation_id", "time_zone").distinct()
    number = (F.col("hour").cast("long") - F.col("first_hour").cast("long")) / F.lit(3600)
    return (
        hourly.join(F.broadcast(zones), "installation_id")
        .withColumn("month", local_month("hour", "time_zone"))
        .drop("time_zone")
        .join(F.broadcast(named.drop("time_zone")), ["installation_id", "month"])
        .groupBy(*by)
        .agg(F.collect_list(number.cast("int")).alias("at"), F.collect_list("mwh").alias("mwh"))
    )


def settle_month(work: Work, key: tuple[str, date], group: pd.DataFrame) -> pd.DataFrame:
    """The rows of one community's month: every member that is due, with all its hours."""
    month, due = key[1], group[group["kind"] == USE]
    of_zone = zone(due["time_zone"].iloc[0])
    start, number = month_hours(month, of_zone)
    of_betas = group[group["kind"] == BETAS]
    members = sorted({*of_betas["installation_id"]})
    column = {member: n for n, member in enumerate(members)}
    numbers = month_numbers(month, of_zone, due["hours"].iloc[0])
    betas, uses = np.full((2, number, len(members)), UNKNOWN, np.int64)
    for row in of_betas.itertuples():
        first, until, least = row.at
        each = numbers[first:until] - least if len(row.mwh) > 1 else 0
        betas[first:until, column[row.installation_id]] = np.asarray(row.mwh)[each]
    for row in due.itertuples():
        if row.mwh is not None:
            uses[np.asarray(row.at), column[row.installation_id]] = row.mwh
    generation = np.full(number, UNKNOWN, np.int64)
    for row in group[group["kind"] == GENERATION].itertuples():
        generation[np.asarray(row.at)] = row.mwh
    shares = share_month(generation, betas, uses)
    rows = [
        _row(work, (month, of_zone), row, Shares(*(part[:, column[row.installation_id]] for part in shares)))
        for row in due.itertuples()
    ]
    found = pd.DataFrame([row for row in rows if row is not None], columns=COLUMNS)
    found["community_id"], found["month"], found["start"] = key[0], month, pd.Timestamp(start).tz_localize(None)
    ordered: pd.DataFrame = found[list(ORDER)]
    return ordered


def _row(work: Work, month: tuple[date, tzinfo], of: Any, shares: Shares) -> tuple[Any, ...] | None:
    """A member's month; None where it is as it was."""
    euros = _euros(work, month, of.contracts, shares)
    said = "|".join("" if each is None else str(each) for each in (*euros, of.agreement_key, of.supply_key))
    now = np.concatenate(shares)
    was = np.full(len(now), UNKNOWN, np.int64) if of.before is None else np.asarray(of.before)
    differs = now != was
    changed, corrected = (each.reshape(PARTS, -1).any(axis=0) for each in (differs, differs & (was != UNKNOWN)))
    if not changed.any() and said == of.said_before:
        return None
    return (of.installation_id, *shares, np.flatnonzero(changed).astype(np.int32), int(corrected.sum()), *euros,
            of.why, of.agreement_key, of.supply_key)  # fmt: skip


def _euros(work: Work, month: tuple[date, tzinfo], stated: str | None, shares: Shares) -> Euros:
    try:
        contracts = CONTRACTS.validate_json(stated or "[]")
    except ValidationError:
        return Euros(None, None, "the contracts are of another version: register them again")
    market = work.markets.get(contracts[-1].territory if contracts else "", Market({}))
    return member_euros(work.rules, contracts, month, shares, market)
