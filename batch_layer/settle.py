"""The shares of every community's members, by hour, and what each owes for a whole month and has saved.

Settled is what has changed since: the months of members whose use, coefficients, contract or prices went in otherwise
before, and all members of a month whose shared generation did. What it was before stays under its run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from batch_layer.artifacts import ENERGY, SETTLEMENT
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Outcome
from batch_layer.settling import agreements, due, months, settled
from batch_layer.settling.due import Inputs
from batch_layer.settling.markets import markets
from batch_layer.settling.months import Work
from conf.tariffs import tariffs
from energy.calendar import dates
from store.spark import cassandra_table

NOTHING = {"settled_months": 0, "billed_months": 0, "corrected_hours": 0}


def run(night: Night) -> Outcome:
    """Settle what is due. Counts the members' months, those that are whole, and the hours that had another value."""
    stated = cassandra_table(night.spark, night.settings, "installation").select("installation_id", "contracts")
    return settle(night, agreements.held(cassandra_table(night.spark, night.settings, "agreement")), stated)


def settle(night: Night, table: DataFrame, stated: DataFrame) -> Outcome:
    """The same by the agreements in ``table`` (agreements.TABLE) and the contracts ``stated``."""
    spans = agreements.spans(table, night.run.cut)
    if not spans:
        settled.write(night, SETTLEMENT.nothing(night), [])
        return Outcome(NOTHING)
    of = Inputs(
        agreements.betas(table, night.spark.createDataFrame(spans, agreements.SPANS)).persist(),
        stated,
        dataset.read(night.spark, night.settings, "prices", dataset.days(night.spark, night.settings, "prices")),
        due.rules_key(tariffs()),
    )
    published = settled.read(night, settled.months(night), night.run.published)
    zones = sorted({span.time_zone for span in spans})
    affected = due.affected_months(_changed(night), zones).persist()
    wanted = due.due(of, published, affected).persist()
    waiting = wanted.select("month", "first_hour", "end_hour").distinct().collect()
    rows = (
        SETTLEMENT.nothing(night)
        if not waiting
        else months.settle(
            wanted,
            of.betas,
            energy_view.read_rows(night.spark, night.settings, _days(waiting), night.run.sources),
            published.where(published["month"].isin([row.month for row in waiting])),
            Work(tariffs(), markets(of.prices, waiting), night.settings.spark.shuffle_partitions),
        )
    )
    settled.write(night, rows, {row.month for row in waiting})
    for held in (wanted, affected, of.betas):
        held.unpersist()
    return Outcome(NOTHING if not waiting else _counts(SETTLEMENT.read(night)))


def _counts(written: DataFrame) -> dict[str, int]:
    sums = ("count(*)", "count(total_cents)", "coalesce(sum(changed_hours), 0)")
    (found,) = written.selectExpr(*sums).collect()
    return dict(zip(NOTHING, found, strict=True))


def _changed(night: Night) -> DataFrame:
    """The energy rows that the run itself has changed."""
    return energy_view.read_rows(night.spark, night.settings, ENERGY.days(night), [night.run.run_id])


def _days(waiting: Sequence[Any]) -> list[date]:
    """The UTC days that the months touch."""
    second = timedelta(seconds=1)
    return sorted({day for row in waiting for day in dates(row.first_hour.date(), (row.end_hour - second).date())})


if __name__ == "__main__":
    from batch_layer.entry import main

    main("settle")
