from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from batch_layer.forecasting.reconcile import reconcile
from batch_layer.quarters import memberships
from store.history.memberships import Membership

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
SCHEMA = (
    "installation_id string, quantity string, issued_at timestamp, time timestamp, "
    "p10 double, p50 double, p90 double, fixed boolean"
)


def reconciled(spark: SparkSession, **quantiles: Any) -> dict[str, tuple[float, float, float]]:
    given = [(name, "generation", NOON, NOON, *values) for name, values in quantiles.items()]
    parts = memberships.frame(spark, [Membership("a", "all"), Membership("b", "all")])
    rows = reconcile(spark.createDataFrame(given, SCHEMA), parts).collect()
    return {row.installation_id: (row.p10, row.p50, row.p90) for row in rows}


@pytest.mark.parametrize("whole", [18.0, 30.0, 38.0])
def test_medians_add_up_and_quantiles_keep_their_order(spark: SparkSession, whole: float) -> None:
    found = reconciled(
        spark,
        a=(5.0, 10.0, 20.0, False),
        b=(8.0, 16.0, 22.0, False),
        all=(17.0, whole, 40.0, False),
    )

    assert found["a"][1] + found["b"][1] == pytest.approx(found["all"][1])
    assert found["all"][1] == pytest.approx((whole + 26.0) / 2)
    assert all(low <= middle <= high for low, middle, high in found.values())


def test_a_whole_beyond_its_parts_is_held_between_their_outer_quantiles(spark: SparkSession) -> None:
    found = reconciled(spark, a=(5.0, 10.0, 20.0, False), b=(8.0, 16.0, 22.0, False), all=(70.0, 80.0, 90.0, False))

    assert found["all"][1] == pytest.approx(42.0)
    assert found["a"][1] == pytest.approx(20.0)


def test_a_naive_part_is_not_moved_and_a_naive_whole_is_the_sum(spark: SparkSession) -> None:
    one = reconciled(spark, a=(5.0, 10.0, 20.0, True), b=(8.0, 16.0, 22.0, False), all=(20.0, 30.0, 40.0, False))
    all_ = reconciled(spark, a=(5.0, 10.0, 20.0, False), b=(8.0, 16.0, 22.0, False), all=(20.0, 30.0, 40.0, True))

    assert one["a"][1] == 10.0
    assert one["b"][1] == pytest.approx(18.0)
    assert all_["all"][1] == pytest.approx(26.0)


def test_the_reconciled_whole_is_better_than_itself_and_than_the_sum_of_its_parts(spark: SparkSession) -> None:
    random = np.random.default_rng(7)
    hours, homes = 300, 12
    times = pd.date_range("2026-03-01", periods=hours, freq="h", tz="UTC")
    truth = 500 + 300 * random.random((homes, hours))
    common = random.normal(0, 40, hours)
    parts = truth + common + random.normal(0, 120, (homes, hours))
    whole = truth.sum(axis=0) + random.normal(0, 550, hours)
    frames = [
        pd.DataFrame({"installation_id": name, "quantity": "consumption", "issued_at": times, "time": times}).assign(
            p10=middle - 300, p50=middle, p90=middle + 300, fixed=False
        )
        for name, middle in (*[(f"{n}", parts[n]) for n in range(homes)], ("all", whole))
    ]
    of = memberships.frame(spark, [Membership(f"{n}", "all") for n in range(homes)])
    found = reconcile(spark.createDataFrame(pd.concat(frames)), of).toPandas()

    wide = found.pivot_table(index="time", columns="installation_id", values="p50")
    error = np.abs(wide["all"].to_numpy() - truth.sum(axis=0)).mean()
    assert np.allclose(wide.drop(columns="all").sum(axis=1), wide["all"])
    assert error < 0.9 * np.abs(parts.sum(axis=0) - truth.sum(axis=0)).mean()
    assert error < 0.9 * np.abs(whole - truth.sum(axis=0)).mean()
