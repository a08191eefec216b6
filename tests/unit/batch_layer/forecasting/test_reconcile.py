from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.forecasting.reconcile import reconcile

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
SCHEMA = (
    "installation_id string, quantity string, issued_at timestamp, time timestamp, "
    "p10 double, p50 double, p90 double, fixed boolean"
)


def reconciled(spark: SparkSession, **quantiles: Any) -> dict[str, tuple[float, float, float]]:
    given = [(name, "generation", NOON, NOON, *values) for name, values in quantiles.items()]
    parts = spark.createDataFrame([("a", "all"), ("b", "all")], "installation_id string, community_id string")
    rows = reconcile(spark.createDataFrame(given, SCHEMA), parts).collect()
    return {row.installation_id: (row.p10, row.p50, row.p90) for row in rows}


@pytest.mark.parametrize("whole", [18.0, 30.0, 38.0])
def test_medians_add_up_and_quantiles_keep_their_order(spark: SparkSession, whole: float):
    found = reconciled(
        spark,
        a=(5.0, 10.0, 20.0, False),
        b=(8.0, 16.0, 22.0, False),
        all=(17.0, whole, 40.0, False),
    )

    assert found["a"][1] + found["b"][1] == pytest.approx(found["all"][1]) == pytest.approx(whole)
    assert all(low <= middle <= high for low, middle, high in found.values())


def test_a_whole_beyond_its_parts_is_held_between_their_outer_quantiles(spark: SparkSession):
    found = reconciled(spark, a=(5.0, 10.0, 20.0, False), b=(8.0, 16.0, 22.0, False), all=(50.0, 60.0, 70.0, False))

    assert found["all"][1] == pytest.approx(42.0)
    assert found["a"][1] == pytest.approx(20.0)


def test_a_naive_part_is_not_moved_and_a_naive_whole_is_the_sum(spark: SparkSession):
    one = reconciled(spark, a=(5.0, 10.0, 20.0, True), b=(8.0, 16.0, 22.0, False), all=(20.0, 30.0, 40.0, False))
    all_ = reconciled(spark, a=(5.0, 10.0, 20.0, False), b=(8.0, 16.0, 22.0, False), all=(20.0, 30.0, 40.0, True))

    assert one["a"][1] == 10.0
    assert one["b"][1] == pytest.approx(20.0)
    assert all_["all"][1] == pytest.approx(26.0)
