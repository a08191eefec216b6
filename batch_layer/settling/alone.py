"""The months of installations that share nothing in them: which there are, and the bill of each by its own contract.

So also the end of months that were settled and no longer are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling import days, settled
from batch_layer.settling.months import MEMBER, PARTS, as_rows, member_rows, row_of
from energy.calendar import months_later, zone
from energy.money.billing.columns import netted_columns
from energy.money.billing.days import Calendar, NotOneBill, calendar
from energy.money.billing.maximeter import with_maximeter
from energy.money.billing.reactive import with_reactive
from energy.money.community.settled import INCOMPLETE, UNKNOWN, Euros, Shares, Whole, month_euros, month_hours
from energy.money.community.sharing import USE
from energy.money.contract import CONTRACTS, Contract, NoContract
from energy.money.dated import NoRule
from energy.money.market import Market, NoPrice
from energy.money.netting import Quarters, Windows, net_quarters
from energy.money.periods import TERRITORIES
from energy.money.tariff import Tariffs

STATED = "installation_id string, month date, metered string"
"""What a distributor's meter showed of a month: a JSON list of its kind, period and value."""
MONTHS = (
    "installation_id string, contracts string, month date, time_zone string, netting int, bills_excess boolean, "
    "first_hour timestamp, end_hour timestamp"
)
"""``netting``: in windows of so many minutes; ``bills_excess``: what the distributor's meter showed is billed."""
ENDED = "not billed alone: it shares by an agreement, or has no contract in the month"
LEFT_OUT = "no member: the agreement that is kept names it in no hour of the month"
BY_HOURS = 60


class Work(NamedTuple):
    """The rules, the market of each territory by the minutes of a window, and how many tasks to make."""

    rules: Tariffs
    markets: Mapping[int, Mapping[str, Market]]
    tasks: int


def months(contracts: DataFrame, betas: DataFrame, metered: DataFrame, span: tuple[datetime, datetime]) -> DataFrame:
    """The months to bill, as due takes them: whole in ``span``, with a contract on a day, and of no agreement.

    ``betas`` are those of the agreements; ``metered`` is what :func:`stated` makes.
    """

    def of_contracts(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        names = [column.split()[0] for column in MONTHS.split(", ")]
        for frame in frames:
            yield pd.DataFrame([row for each in frame.itertuples() for row in _months(each, span)], columns=names)

    own = contracts.select("installation_id", "contracts").where("contracts IS NOT NULL")
    return (
        own.mapInPandas(of_contracts, MONTHS)
        .join(betas.select("installation_id", "month").distinct(), ["installation_id", "month"], "left_anti")
        .join(F.broadcast(metered), ["installation_id", "month"], "left")
        .withColumn("metered", F.when(F.col("bills_excess"), F.col("metered")))
        .withColumns({"community_id": F.lit(settled.ALONE), "agreement_key": F.lit(settled.ALONE_KEY)})
        .drop("bills_excess")
    )


def stated(powers: DataFrame, reactive: DataFrame) -> DataFrame:
    """The rows (:data:`STATED`) of what tables ``max_power`` and ``reactive_energy`` keep."""
    key = ("installation_id", "month")
    rows = powers.select(*key, F.lit("power").alias("kind"), "period", F.col("power_w").alias("value")).unionByName(
        reactive.select(*key, F.lit("reactive").alias("kind"), "period", F.col("energy_varh").alias("value"))
    )
    shown = F.to_json(F.sort_array(F.collect_list(F.struct("kind", "period", "value"))))
    return rows.groupBy(*key).agg(shown.alias("metered"))


def _months(of: Any, span: tuple[datetime, datetime]) -> Iterator[tuple[Any, ...]]:
    try:
        contracts = CONTRACTS.validate_json(of.contracts)
    except ValidationError:
        return
    month = span[0].date().replace(day=1)
    while month <= span[1].date():
        held = [each for each in contracts if each.since < months_later(month)
                and (each.until is None or each.until > month)]  # fmt: skip
        if held:
            of_zone = TERRITORIES[held[0].territory]
            start, end = (month_hours(each, of_zone)[0] for each in (month, months_later(month)))
            if span[0] <= start and end <= span[1]:
                yield (of.installation_id, of.contracts, month, str(of_zone), held[-1].conventions.netting_minutes,
                       any(each.bills_excess for each in held), start.replace(tzinfo=None),
                       end.replace(tzinfo=None))  # fmt: skip
        month = months_later(month)


def settle(due: DataFrame, energy: DataFrame, before: DataFrame, work: Work) -> DataFrame:
    """The rows (settled.ROWS) of the months that are ``due``, as :func:`batch_layer.settling.months.settle` does."""
    each = F.explode(F.array(*map(F.lit, days.METERED))).alias("quantity")
    wanted = due.where(F.col("agreement_key") != settled.ENDED_KEY).select(*settled.KEY, "first_hour", "end_hour", each)
    return (
        member_rows(due, before)
        .unionByName(days.in_months(energy.where(F.col("quantity").isin(*days.METERED)), wanted),
                     allowMissingColumns=True)
        .repartition(work.tasks, *settled.KEY)
        .groupBy(*settled.KEY)
        .applyInPandas(lambda key, group: bill_month(work, key, group), settled.ROWS)
    )  # fmt: skip


def bill_month(work: Work, key: tuple[str, str, date], group: pd.DataFrame) -> pd.DataFrame:
    """The row of a member's month, which ``key`` names (settled.KEY): none where it is as it was."""
    community, _, month = key
    (of,) = group[group["kind"] == MEMBER].itertuples()
    if of.agreement_key == settled.ENDED_KEY:
        unknown = np.full(len(of.before) // PARTS, UNKNOWN)
        shares = Shares(unknown, unknown, unknown, unknown, np.zeros_like(unknown))
        euros = Euros(None, None, LEFT_OUT if community else ENDED)
    else:
        shares, euros = _billed(work, month, of, group[group["kind"] != MEMBER])
    row = row_of(of, shares, euros)
    return as_rows([] if row is None else [row], community, month, of.first_hour)


def _billed(work: Work, month: date, of: Any, rows: pd.DataFrame) -> tuple[Shares, Euros]:
    """The month's hours and euros of the days ``rows``."""
    column = rows["quantity"].map(days.METERED.index).to_numpy(np.int64)
    stated = days.quarters(rows, column, len(days.METERED), month_hours(month, zone(of.time_zone)))
    contracts = CONTRACTS.validate_json(of.contracts)
    ruled, why = _calendar(work.rules, contracts, month)
    minutes = BY_HOURS if ruled is None else ruled.contract.conventions.netting_minutes
    windows = net_quarters(*(_quarters(each, minutes) for each in stated))
    shares = _shares(windows, minutes)
    if not (stated > UNKNOWN).any():
        was_known = of.before is not None and (np.asarray(of.before)[: -len(shares.grid)] != UNKNOWN).any()
        return shares, Euros(None, None, INCOMPLETE if was_known else settled.NO_ENERGY)
    if ruled is None or not windows.is_known.all():
        return shares, Euros(None, None, why if ruled is None else INCOMPLETE)
    shown: dict[str, dict[str, float]] = {"power": {}, "reactive": {}}
    for row in json.loads(of.metered or "[]"):
        shown[row["kind"]][row["period"]] = row["value"]
    ruled = with_reactive(with_maximeter(ruled, shown["power"]), shown["reactive"])
    market = work.markets[minutes].get(ruled.contract.territory, Market({}))
    try:
        return shares, month_euros(work.rules, ruled, netted_columns(windows), market)
    except (NoPrice, NoRule, NotOneBill) as error:
        return shares, Euros(None, None, str(error))


def _calendar(rules: Tariffs, contracts: Sequence[Contract], month: date) -> tuple[Calendar | None, str]:
    """The month's days; without them why there are none."""
    try:
        return calendar(rules, contracts, month, months_later(month)), ""
    except (NoRule, NoContract, NotOneBill) as why:
        return None, str(why)


def _quarters(stated: NDArray[np.int64], minutes: int) -> Quarters:
    """A quantity's quarter-hours, as days.quarters has them, in windows of so many minutes."""
    in_windows = stated.reshape(-1, minutes * days.IN_HOUR // BY_HOURS)
    known = in_windows > UNKNOWN
    measured, alone = (known & (in_windows & bit == 0) for bit in (days.ESTIMATED, days.TOGETHER))
    return Quarters(np.where(known, in_windows >> days.BITS, 0), known, measured, alone)


def _shares(of: Windows, minutes: int) -> Shares:
    """The windows by the hour: nothing is assigned; what did not come from the grid was generated and used."""

    def by_hour(values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(-1, BY_HOURS // minutes)

    known, has_use, measured = (by_hour(each).all(axis=1) for each in (of.is_known, of.is_use_known, of.is_measured))

    def whole(values: Whole, are_known: NDArray[np.bool_]) -> Whole:
        return np.where(are_known, by_hour(values).sum(axis=1), UNKNOWN)

    nothing = np.where(known, 0, UNKNOWN)
    return Shares(nothing, whole(of.use - of.grid, has_use), whole(of.surplus, known), whole(of.grid, known),
                  USE * (known & ~measured))  # fmt: skip
