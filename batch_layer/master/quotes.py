"""Prices of the master dataset as :func:`energy.money.quotes.newest` takes them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from energy.energy_row import from_us

TIMES = ("start", "end", "known_at")


def by_market(prices: DataFrame) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The prices of each market and zone, their times in UTC."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    times = [F.unix_micros(name).alias(name) for name in TIMES]
    for row in prices.select("market", "zone", *times, "price_eur_mwh", "provider").toLocalIterator():
        instants = {name: from_us(row[name]) for name in TIMES}
        said = {"price_eur_mwh": row.price_eur_mwh, "provider": row.provider or "", "kind": "known"}
        found[row.market, row.zone].append(instants | said)
    return found
