"""The peer: plain pandas in one process, the same files, shares and bills, nothing remembered of an earlier night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.settlement.communities import YEAR
from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.community.settled import UNKNOWN, Shares, Stated, member_euros, month_hours, share_month
from energy.money.contract import CONTRACTS
from energy.money.market import Market


class Sums(NamedTuple):
    """What all months of all members come to: mWh, cents, months with a bill."""

    assigned: int
    self_consumed: int
    surplus: int
    grid: int
    cents: int
    saved_cents: int
    billed: int


def settled(energy: Path, agreed: pd.DataFrame, contracts: Mapping[str, str]) -> Sums:
    """The sums of a year in which one version holds, its hours counted as they pass."""
    hours = pd.concat([_hours(path) for path in sorted(energy.rglob("*.parquet"))])
    wide = hours.unstack("installation_id", fill_value=UNKNOWN)
    sums = np.zeros(len(Sums._fields), np.int64)
    for _, betas in agreed.groupby("community_id"):
        for each in _months(wide, betas.sort_values("installation_id"), contracts):
            sums += each
    return Sums(*map(int, sums))


def _hours(path: Path) -> pd.Series[int]:
    rows = pd.read_parquet(path, columns=["installation_id", "quantity", "start", "energy_wh", "completeness"])
    shared = rows[rows["quantity"].isin(["consumption", "generation"]) & (rows["completeness"] != 0)]
    mwh = np.rint(shared["energy_wh"] * 1000).astype(np.int64)
    of_hour = mwh.groupby([shared["start"].dt.floor("h"), shared["installation_id"]]).agg(["sum", "count"])
    found: pd.Series[int] = of_hour.loc[of_hour["count"] == 4, "sum"]
    return found


def _months(wide: pd.DataFrame, betas: pd.DataFrame, contracts: Mapping[str, str]) -> Iterator[NDArray[np.int64]]:
    rules, market, members = tariffs(), Market({}), list(betas["installation_id"])
    year = np.stack(betas["betas"].to_list(), axis=1).astype(np.int64)
    first_of_year = month_hours(date(YEAR, 1, 1), MADRID)[0]
    for month in (date(YEAR, n, 1) for n in range(1, 13)):
        start, number = month_hours(month, MADRID)
        hours = wide.reindex(pd.date_range(start, periods=number, freq="h"), fill_value=UNKNOWN)
        at = int((start - first_of_year).total_seconds()) // 3600
        generation = hours[betas["generation"].iloc[0]].to_numpy()
        shares = share_month(Stated.measured(generation), year[at : at + number],
                             Stated.measured(hours[members].to_numpy()))  # fmt: skip
        euros = [
            member_euros(rules, CONTRACTS.validate_json(contracts[member]), (month, MADRID),
                         Shares(*(part[:, n] for part in shares)), market)
            for n, member in enumerate(members)
        ]  # fmt: skip
        money = [sum(each.total or 0 for each in euros), sum(each.saving or 0 for each in euros)]
        yield np.array([*(part.sum() for part in shares[:-1]), *money, sum(each.total is not None for each in euros)])
