"""The skill of the forecasts: each installation's errors of the last 30 days beside the naive ones'.

In all, by hours ahead and by month; and which forecasts have drifted.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import DRIFT, ERRORS, SKILL
from batch_layer.forecasting import skill
from batch_layer.forecasting.sites import read_sites
from batch_layer.publishing import drift
from batch_layer.quarters import memberships
from batch_layer.runs import Night, Outcome
from store.history.memberships import Membership


def run(night: Night) -> Outcome:
    """Stage the rows of tables ``forecast_skill``, ``forecast_error`` and ``alarm``."""
    return score(night, read_sites(night.settings, night.run.cut)[1])


def score(night: Night, parts: Sequence[Membership]) -> Outcome:
    """Errors by installation and quantity; ``parts`` say who belongs or belonged to which community."""
    of = memberships.frame(night.spark, parts)
    rows = skill.day_ahead(night, of).persist()
    SKILL.write(night, skill.skill(rows), is_small=True)
    ERRORS.write(night, skill.errors(rows), is_small=True)
    DRIFT.write(night, drift.alarms(night, rows), is_small=True)
    rows.unpersist()
    scores = SKILL.read(night)
    return Outcome(
        {
            "scored": scores.count(),
            "better_than_naive": scores.where(F.col("beats_naive")).count(),
            "forecasts_adrift": DRIFT.read(night).where(F.col("cleared_at").isNull()).count(),
        }
    )


if __name__ == "__main__":
    from batch_layer.entry import main

    main("evaluate")
