"""The shares of every community's members, by hour, and what each owes for a whole month and has saved.

Settled is what has changed since: the months of members whose use, coefficients, contract or prices went in otherwise
before, and all members of a month whose shared generation did. What it was before stays under its run. The whole months
of who has a contract and shares nothing are billed beside, without a community.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import ENERGY, LACKING_FILES, SETTLEMENT
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Outcome
from batch_layer.settling import agreements, alone, due, files, months, settled
from batch_layer.settling.due import Inputs
from batch_layer.settling.markets import markets
from conf.tariffs import tariffs
from energy.calendar import dates, midnight
from energy.money.periods import TERRITORIES
from store.spark import cassandra_table

NOTHING = {"settled_months": 0, "billed_months": 0, "corrected_hours": 0}
NETTING = (15, 60)
"""Minutes of the windows in which contracts offset import and export."""


def run(night: Night) -> Outcome:
    """Settle what is due. Counts the months, those that have a bill, and the hours that had another value."""
    contracts, agreed, powers, reactive = (
        cassandra_table(night.spark, night.settings, name)
        for name in ("installation", "agreement", "max_power", "reactive_energy")
    )
    return settle(night, agreements.held(agreed), contracts.select("installation_id", "contracts"),
                  alone.stated(powers, reactive))  # fmt: skip


def settle(night: Night, table: DataFrame, contracts: DataFrame, metered: DataFrame) -> Outcome:
    """The same by the agreements in ``table`` (agreements.TABLE), ``contracts`` and ``metered`` (of alone.stated)."""
    LACKING_FILES.write(night, files.alarms(night, table), is_small=True)
    spans = agreements.spans(table, night.run.cut)
    kept = settled.months(night)
    if not (spans or kept) and contracts.where("contracts IS NOT NULL").isEmpty():
        settled.write(night, SETTLEMENT.nothing(night), [])
        return Outcome(NOTHING)
    betas = agreements.betas(table, night.spark.createDataFrame(spans, agreements.SPANS)).persist()
    since = midnight(min(energy_view.days(night.spark, night.settings), default=night.run.cut.date()))
    of = Inputs(
        betas,
        contracts,
        dataset.read(night.spark, night.settings, "prices", dataset.days(night.spark, night.settings, "prices")),
        due.rules_key(tariffs()),
        alone.months(contracts, betas, metered, (since, night.run.cut)).persist(),
        since,
    )
    published = settled.read(night, kept, night.run.published)
    zones = {span.time_zone for span in spans} | set(map(str, TERRITORIES.values()))
    affected = due.affected_months(_changed(night), sorted(zones)).persist()
    wanted = due.due(of, published, affected).persist()
    names = ("community_id", "agreement_key", "month", "first_hour", "end_hour", "netting")
    waiting = wanted.select(*names).distinct().collect()
    before = published.where(published["month"].isin([row.month for row in waiting]))
    rows = reduce(
        DataFrame.unionByName, _rows(night, of, wanted, before, waiting), SETTLEMENT.nothing(night).drop("run_id")
    )
    settled.write(night, rows, {row.month for row in waiting})
    for held in (wanted, affected, betas, of.alone):
        held.unpersist()
    return Outcome(NOTHING if not waiting else _counts(SETTLEMENT.read(night)))


def _rows(
    night: Night, of: Inputs, wanted: DataFrame, before: DataFrame, waiting: Sequence[Any]
) -> Iterator[DataFrame]:
    """The rows of the members' months, and of those alone or settled no more, where any is ``waiting``."""
    tasks = night.settings.spark.shuffle_partitions
    is_alone = F.col("agreement_key").isin(*settled.ALONE_KEYS)
    shared, single = (
        [row for row in waiting if (row.agreement_key in settled.ALONE_KEYS) == each] for each in (False, True)
    )
    if shared:
        work = months.Work(tariffs(), markets(of.prices, shared), tasks)
        yield months.settle(wanted.where(~is_alone), of.betas, _energy(night, shared), before, work)
    if single:
        found = {
            minutes: markets(of.prices, [row for row in single if row.netting == minutes], timedelta(minutes=minutes))
            for minutes in NETTING
        }
        yield alone.settle(wanted.where(is_alone), _energy(night, single), before, alone.Work(tariffs(), found, tasks))


def _energy(night: Night, waiting: Sequence[Any]) -> DataFrame:
    return energy_view.read_rows(night.spark, night.settings, _days(waiting), night.run.sources)


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
