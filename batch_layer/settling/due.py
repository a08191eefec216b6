"""The members' months that a night settles: those of which something that goes in differs from what went in before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling import agreements, settled
from batch_layer.settling.days import FLOWS, GENERATES, USES
from energy.money.tariff import Tariffs

SOURCE = "source"
"""The field of a rule that quotes its text."""
FORM = "3"
"""Names what a settled month tells. 2: what is estimated, and the lines of its bill. 3: what no line holds."""
PRICED = "pvpc|indexed|surplus"
"""Kinds in a contract that ask for prices of the markets."""


class Inputs(NamedTuple):
    """The data that go into a settlement beside the energy."""

    betas: DataFrame
    """The rows of :func:`batch_layer.settling.agreements.betas`."""
    contracts: DataFrame
    """installation_id, contracts (JSON)."""
    prices: DataFrame
    """market, zone, start, end, known_at, price_eur_mwh: what is known of every market."""
    rules: str
    """Names the dated rules of a bill."""
    alone: DataFrame
    """Of :func:`batch_layer.settling.alone.months`."""
    since: datetime
    """The instant from which on the batch view has energy."""


def due(of: Inputs, published: DataFrame, affected: DataFrame) -> DataFrame:
    """The months to settle, one row a member: settled.KEY, zone and hours of the agreement, contracts, keys and why.

    So the months of who shares nothing, and those that were settled and no longer are.
    ``published`` are the settled rows that count so far, ``affected`` the installations, quantities and local months
    (installation_id, quantity, time_zone, month) of which the night has changed the energy.
    """
    before = settled.newest(published, "agreement_key", "supply_key").select(
        *settled.KEY, F.col("agreement_key").alias("agreement_before"), F.col("supply_key").alias("supply_before")
    )
    used, generated, flowed = (_affected(affected, *of_kind) for of_kind in ((USES,), (GENERATES,), FLOWS))
    was, is_alone = F.col("agreement_before").isNotNull(), F.col("community_id") == settled.ALONE
    why = F.concat_ws(
        ", ",
        F.when(~was, "new"),
        F.when(F.col("agreement_before") != F.col("agreement_key"), "agreement"),
        F.when(F.col("supply_before") != F.col("supply_key"), "contract, prices or rules"),
        F.when(was & F.col("is_used"), "use"),
        F.when(was & F.col("is_generated"), "generation"),
        F.when(was & is_alone & F.col("is_flowing"), "import or export"),
    )
    return (
        _months(of)
        .unionByName(_ended(of, published), allowMissingColumns=True)
        .join(before, [*settled.KEY], "left")
        .join(F.broadcast(used.withColumnRenamed("is_affected", "is_used")), ["installation_id", "time_zone", "month"],
              "left")
        .join(F.broadcast(flowed.withColumnRenamed("is_affected", "is_flowing")),
              ["installation_id", "time_zone", "month"], "left")
        .join(
            F.broadcast(generated.withColumnRenamed("installation_id", "generation")
                        .withColumnRenamed("is_affected", "is_generated")),
            ["generation", "time_zone", "month"],
            "left",
        )
        .withColumn("why", why)
        .where("why <> ''")
        .drop("agreement_before", "supply_before", "is_used", "is_generated", "is_flowing")
    )  # fmt: skip


def _months(of: Inputs) -> DataFrame:
    """Every month with what names its inputs."""
    how = ("generation", "hours", "time_zone", "first_hour", "end_hour")
    members = of.betas.select(*settled.KEY, *how).distinct()
    asks = F.col("contracts").rlike(PRICED)
    key = F.sha1(
        F.concat_ws(" ", "contracts", F.lit(of.rules), F.lit(FORM), F.when(asks, F.col("price_key")), "metered")
        .cast("binary")
    )  # fmt: skip
    together = (
        members.join(F.broadcast(agreements.keys(of.betas)), ["community_id", "month"])
        .join(of.contracts, "installation_id", "left")
        .unionByName(of.alone, allowMissingColumns=True)
    )
    return (
        together.join(F.broadcast(_price_keys(of.prices, together)), ["time_zone", "month"], "left")
        .withColumn("supply_key", key)
        .drop("price_key")
    )


def _ended(of: Inputs, published: DataFrame) -> DataFrame:
    """The months that were settled and no longer are.

    The agreement that is kept by now leaves the member out, or who was billed alone shares or has no contract in them.
    """
    counts = of.betas.select(*settled.KEY).union(of.alone.select(*settled.KEY)).distinct()
    was = settled.newest(published, "agreement_key", "supply_key", "start", "note")
    return (
        was.where(~F.col("agreement_key").eqNullSafe(settled.ENDED_KEY) & (F.col("note") != settled.NO_ENERGY))
        .where((F.col("community_id") != settled.ALONE) | (F.col("start") >= F.lit(of.since)))
        .join(counts, [*settled.KEY], "left_anti")
        .select(*settled.KEY, F.lit("UTC").alias("time_zone"), F.col("start").alias("first_hour"),
                F.col("start").alias("end_hour"), F.lit(settled.ENDED_KEY).alias("agreement_key"), "supply_key")
    )  # fmt: skip


def _price_keys(prices: DataFrame, members: DataFrame) -> DataFrame:
    """The key of a month's prices (by zone and month), those of the hour before it included."""
    months = members.select("time_zone", "month", "first_hour", "end_hour").distinct()
    row = F.xxhash64("market", "zone", "start", "end", "known_at", "price_eur_mwh").cast("decimal(20,0)")
    inside = (F.col("end") > F.col("first_hour") - F.expr("INTERVAL 1 HOUR")) & (F.col("start") < F.col("end_hour"))
    return (
        prices.withColumn("row", row)
        .join(F.broadcast(months), inside)
        .groupBy("time_zone", "month")
        .agg(F.sum("row").cast("string").alias("price_key"))
    )


def _affected(affected: DataFrame, *quantities: str) -> DataFrame:
    rows = (
        affected.where(F.col("quantity").isin(*quantities)).select("installation_id", "time_zone", "month").distinct()
    )
    return rows.withColumn("is_affected", F.lit(True))


def affected_months(changed: DataFrame, zones: Sequence[str]) -> DataFrame:
    """The local months, in each of the ``zones``, of the energy rows ``changed``: as :func:`due` takes them."""
    in_zones = F.explode(F.array(*map(F.lit, zones)))
    # A day lies in two local months at most, those of its first row and of its last one.
    months = F.explode(F.array(_local_month("first", "time_zone"), _local_month("last", "time_zone")))
    return (
        changed.where(F.col("quantity").isin(USES, GENERATES, *FLOWS))
        .groupBy("installation_id", "quantity", "event_day")
        .agg(F.min("start").alias("first"), F.max("start").alias("last"))
        .withColumn("time_zone", in_zones)
        .select("installation_id", "quantity", "time_zone", months.alias("month"))
        .distinct()
    )


def _local_month(instant: str, time_zone: str) -> Column:
    """The first day of the local month that holds the instant."""
    return F.trunc(F.from_utc_timestamp(F.col(instant), F.col(time_zone)), "month")


def rules_key(rules: Tariffs) -> str:
    """The key of the dated rules by what they say, however their files are written; the texts they quote aside."""
    return hashlib.sha1(json.dumps(_plain(rules), sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _plain(of: Any) -> Any:
    """A rule in lists, dictionaries, numbers and texts, the same in every process."""
    if isinstance(of, tuple) and hasattr(of, "_asdict"):
        of = of._asdict()
    elif is_dataclass(of):
        of = {each.name: getattr(of, each.name) for each in fields(of) if each.name != SOURCE}
    if isinstance(of, Mapping):
        return {str(name): _plain(value) for name, value in of.items()}
    if isinstance(of, (set, frozenset)):
        return sorted((_plain(each) for each in of), key=str)
    if isinstance(of, (tuple, list)):
        return [_plain(each) for each in of]
    return of if of is None or isinstance(of, (int, str)) else str(of)
