"""The next 48 hours of every installation and community, hourly, as p10, p50 and p90 in Wh.

A model that the naive forecast has beaten on an installation's last 30 days is not published for it: the naive one
is, and ``model`` and ``step`` say so.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import artifacts
from batch_layer.artifacts import FEATURES, MODELS
from batch_layer.forecasting import skill
from batch_layer.forecasting.issues import FORECAST, LEVELS
from batch_layer.forecasting.models import stored_model
from batch_layer.forecasting.models.predict import predict
from batch_layer.forecasting.reconcile import reconcile
from batch_layer.forecasting.sites import read_sites
from batch_layer.quarters import memberships
from batch_layer.runs import Night, Outcome
from energy.forecasts.ladder import PERSISTENCE
from store.history.memberships import Membership

COLUMNS = ("installation_id", "quantity", "day", "time", "issued_at", "p10", "p50", "p90", "model", "step")


def run(night: Night) -> Outcome:
    """Forecast from the cut on, and stage the rows of table ``forecast``."""
    return issue(night, read_sites(night.settings, night.run.cut)[1])


def issue(night: Night, parts: Sequence[Membership]) -> Outcome:
    """Forecast every installation; ``parts`` say who belongs or belonged to which community."""
    of = memberships.frame(night.spark, parts)
    record = skill.skill(skill.day_ahead(night, of)).select(
        *skill.KEYS, "beats_naive", F.col("published_model").alias("better")
    )
    predicted = [_predicted(night, name) for name in FORECAST]
    rows = predicted[0].unionByName(predicted[1]).join(F.broadcast(record), skill.KEYS, "left")
    agreed = reconcile(_naive_where_better(rows), of)
    whole = F.col("installation_id").isin(sorted({each.community_id for each in parts}))
    summed = F.concat("model", F.lit(", as the sum of its parts"))
    agreed = agreed.withColumn("model", F.when(whole & F.col("fixed"), summed).otherwise(F.col("model")))
    known = agreed.where(F.col("p50").isNotNull() & ~F.isnan("p50"))
    artifacts.FORECAST.write(night, known.withColumn("day", F.to_date("time")).select(*COLUMNS), is_small=True)
    counted = artifacts.FORECAST.read(night).groupBy("quantity").count().collect()
    return Outcome({f"{row['quantity']}_hours": row["count"] for row in counted})


def _predicted(night: Night, name: str) -> DataFrame:
    model = stored_model.load(MODELS[name].folder(night), FORECAST[name])
    table = FEATURES[name].read(night).where(F.col("issued_at") == F.lit(night.run.cut))
    predictions = predict(model, table, LEVELS).withColumn("model", F.lit(model.name))
    return skill.with_quantiles(predictions, name)


def _naive_where_better(rows: DataFrame) -> DataFrame:
    """Rows of installations the model loses on, replaced by the better naive forecast inside a band that holds both."""
    naive = F.when(F.col("better") == skill.LAST_WEEK, F.col("last_week")).otherwise(F.col("naive"))
    loses = ~F.coalesce("beats_naive", F.lit(True)) & naive.isNotNull() & ~F.isnan(naive) & ~F.col("dark")

    def instead(value: Column, otherwise: str) -> Column:
        return F.when(loses, value).otherwise(F.col(otherwise))

    return rows.select(
        *[c for c in rows.columns if c not in ("p10", "p50", "p90", "model", "step", "fixed", "better", "beats_naive")],
        instead(F.least("p10", naive), "p10").alias("p10"),
        instead(naive, "p50").alias("p50"),
        instead(F.greatest("p90", naive), "p90").alias("p90"),
        instead(F.col("better"), "model").alias("model"),
        instead(F.lit(PERSISTENCE), "step").alias("step"),
        loses.alias("fixed"),
    )


if __name__ == "__main__":
    from batch_layer.entry import main

    main("forecast")
