"""Communities of 100 members: a year of quarter-hours, coefficients for each hour, a contract each."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling import agreements
from batch_layer.settling.days import METERED
from energy.money.community.agreement import ONE
from energy.money.community.hours import hours_of
from tests.support.money.bills import AGREED, HOME

SIZE = 100
YEAR = 2025
FIRST, CUT = datetime(2024, 12, 31, tzinfo=timezone.utc), datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
QUARTERS = (CUT - FIRST) // timedelta(minutes=15)


def energy(spark: SparkSession, members: int) -> DataFrame:
    """Every member's use, and what the roof of each community generates, as a night writes them."""
    homes = _series(spark, "home-%06d", "consumption", members, 300_000)
    return _measured(homes.unionByName(_series(spark, "roof-%04d", "generation", members // SIZE, 20_000_000)))


def metered(spark: SparkSession, members: int) -> DataFrame:
    """What homes that share nothing took from the grid, gave to it and used."""
    series = [_series(spark, "home-%06d", quantity, members, 300_000) for quantity in METERED]
    return _measured(reduce(DataFrame.unionByName, series))


def _measured(rows: DataFrame) -> DataFrame:
    nothing = {name: F.lit(None).cast("double") for name in ("lower_wh", "upper_wh", "before_wh")}
    plain = {"completeness": F.lit(1.0), "method": F.lit("measured"), "cause": F.lit(""), "why": F.lit("new")}
    return rows.withColumns(plain | nothing | {"event_day": F.to_date("start")})


def _series(spark: SparkSession, name: str, quantity: str, number: int, below_mwh: int) -> DataFrame:
    return spark.range(number * QUARTERS).select(
        F.format_string(name, (F.col("id") / QUARTERS).cast("int")).alias("installation_id"),
        F.lit(quantity).alias("quantity"),
        F.timestamp_seconds(F.lit(int(FIRST.timestamp())) + F.col("id") % QUARTERS * 900).alias("start"),
        (F.pmod(F.xxhash64("id"), F.lit(below_mwh)) / 1000).alias("energy_wh"),
    )


def agreed(members: int) -> pd.DataFrame:
    """Rows of table ``agreement``: hourly coefficients of every community."""
    dice, found = np.random.default_rng(1), []
    for community in range(members // SIZE):
        cuts = np.sort(dice.integers(0, ONE + 1, (hours_of(YEAR), SIZE - 1)), axis=1)
        betas = np.diff(cuts, axis=1, prepend=0, append=ONE)
        for n in range(SIZE):
            found.append((f"community-{community:04d}", date(YEAR, 1, 1), f"home-{community * SIZE + n:06d}", YEAR,
                          betas[:, n].astype(np.int32), f"roof-{community:04d}", "consecutive",
                          "Europe/Madrid"))  # fmt: skip
    return pd.DataFrame(found, columns=[column.split()[0] for column in agreements.TABLE.split(", ")])


def contracts(members: int) -> dict[str, str]:
    """The contracts of each member as the catalogue keeps them; hardly two are the same."""
    return {f"home-{n:06d}": json.dumps([_contract(n)]) for n in range(members)}


def _contract(n: int) -> dict[str, object]:
    price, power = Decimal(120_000 + n).scaleb(-6), Decimal(3_300 + n % 60 * 100).scaleb(-3)
    energy_kind = {"kind": "flat", "price_eur_kwh": str(price), "tolls": ("included", "apart")[n % 2]}
    own = {"energy": energy_kind} if n % 3 else {}
    return HOME | own | {"compensation": AGREED, "power_kw": [str(power), str(power)]}
