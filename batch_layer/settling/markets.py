"""The prices that settled months are billed by, as bills take them: of each hour the one known last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master.quotes import by_market
from energy.money.community.hours import HOUR
from energy.money.market import PVPC, SPOT, SURPLUS, Market, Quote, of_windows
from energy.money.periods import TERRITORIES
from energy.money.pvpc import ZONE_PREFIX
from energy.money.quotes import newest

ZONE = "ES"
"""The zone of the markets that have one price in all territories."""


def markets(prices: DataFrame, months: Sequence[Any], window: timedelta = HOUR) -> dict[str, Market]:
    """The market of each territory in the ``months`` (rows with first_hour and end_hour), and the hour before them.

    Prices are of windows of length ``window``.
    """
    if not months:
        return {}
    first = min(row.first_hour for row in months) - timedelta(hours=1)
    last = max(row.end_hour for row in months)
    wanted = prices.where((F.col("start") >= F.lit(first)) & (F.col("start") < F.lit(last)))
    found = {name: _of_windows(rows, window) for name, rows in by_market(wanted).items()}
    return {territory: _market(found, territory) for territory in TERRITORIES}


def _of_windows(rows: Sequence[dict[str, Any]], window: timedelta) -> dict[Any, int]:
    return of_windows((Quote(row["start"], row["end"], row["price_eur_mwh"]) for row in newest(rows)), window)


def _market(found: Mapping[tuple[str, str], dict[Any, int]], territory: str) -> Market:
    zones = {PVPC: ZONE_PREFIX + territory, SPOT: ZONE, SURPLUS: ZONE}
    return Market({name: found.get((name, of_zone), {}) for name, of_zone in zones.items()})
