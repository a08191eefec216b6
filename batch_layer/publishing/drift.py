"""Drift: a forecast that was good and is no longer; its alarm stands until a night no longer finds it.

Measured against the naive forecast, so that a stormy week, hard for everybody, is none.
"""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import DRIFT
from batch_layer.forecasting import skill
from batch_layer.runs import Night, Run
from store.history.alarms import DRIFT as KIND
from store.history.alarms import NOW, THEN

RECENT_DAYS = 7
FEWEST_DAYS = 5
"""Days with outcomes that the last week, and the weeks before it, must have to be compared."""
RISE = 1.5
"""A forecast has drifted if its share of the naive error grew by this factor beside the weeks before."""


def drifting(rows: DataFrame, run: Run) -> DataFrame:
    """Installations of :func:`skill.day_ahead` rows whose forecast errs, in the last week, more than the naive one
    and 1.5 times what it did in the weeks before: installation_id, kind, text, figures."""
    recent = F.col("issued_at") >= F.lit(run.cut - timedelta(days=RECENT_DAYS))
    times = {NOW: recent, THEN: ~recent}
    parts = (
        skill.scored(rows)
        .groupBy(*skill.KEYS)
        .agg(*[column for name, when in times.items() for column in _errors(name, when)])
        .select("*", *[_share(name).alias(name) for name in times])
    )
    enough = (F.col("days_now") >= FEWEST_DAYS) & (F.col("days_then") >= FEWEST_DAYS)
    sentence = F.format_string(
        f"forecast of %s drifts: its error of the last {RECENT_DAYS} days is %.2f of the naive forecast's, "
        "%.2f in the weeks before",
        *("quantity", NOW, THEN),
    )
    figures = F.create_map(*[part for name in times for part in (F.lit(name), F.col(name))])
    kind = F.concat("quantity", F.lit(KIND))
    return parts.where(enough & (F.col(NOW) > 1) & (F.col(NOW) > RISE * F.col(THEN))).select(
        "installation_id", kind.alias("kind"), sentence.alias("text"), figures.alias("figures")
    )


def alarms(night: Night, rows: DataFrame) -> DataFrame:
    """Rows of table ``alarm``: raised at this run's cut, standing from a night before, or cleared at this cut."""
    return DRIFT.carried(night, drifting(rows, night.run))


def _errors(name: str, when: Column) -> list[Column]:
    """Days seen, and the mean errors of the forecast and the naive ones, under names that end in ``name``."""
    means = [F.mean(F.when(when, skill.error(of))).alias(f"{of}_{name}") for of in ("p50", "naive", "last_week")]
    return [F.count_distinct(F.when(when, F.col("issued_at"))).alias(f"days_{name}"), *means]


def _share(name: str) -> Column:
    """The forecast's error as a share of the better naive one's; null where that makes none."""
    return F.col(f"p50_{name}") / F.least(f"naive_{name}", f"last_week_{name}")
