"""The night: the steps in their order, in one Spark session, each remembered when it is done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

from pyspark.sql import SparkSession

from batch_layer import runs
from batch_layer.entry import Report, day_asked, refusal_said, room_asked_for, take
from batch_layer.master.ask import sources_asked
from batch_layer.master.compact import compact
from batch_layer.quarters.merged_months import merge
from batch_layer.runs import Night, Run, RunError
from batch_layer.schedule import STEPS
from conf import Settings, load_settings
from store import cassandra
from store.runs import COUNTED, NIGHTLY
from store.spark import session


def nightly(
    spark: SparkSession,
    settings: Settings,
    day: date | None = None,
    first: str = "",
    report: Report = print,
    steps: Sequence[str] = STEPS,
) -> Run:
    """Run a whole night and return its run, published.

    ``day``: UTC day at whose 00:00 the night cuts, default today. A run of that night which was killed goes on where
    it stood; ``first`` names the step from which on the steps are done again even so. ``report`` is given what was
    done, how much and how long it took. ``steps`` may leave the forecasting out.
    Raises :class:`batch_layer.runs.RunError`, and what a step raises.
    """
    if first and first not in STEPS:
        raise RunError(f"There is no step {first}: the steps are {', '.join(STEPS)}.")
    with room_asked_for(settings), runs.alone(spark, settings):
        return _take_all(spark, settings, day, first, report, steps)


def _take_all(
    spark: SparkSession, settings: Settings, day: date | None, first: str, report: Report, steps: Sequence[str]
) -> Run:
    run = runs.open_run(spark, settings, day)
    report(f"run {run.run_id}, cut {run.cut:%Y-%m-%dT%H:%MZ}")
    if run.cut_ahead is not None:
        report(
            f"the last run was made under a clock that was ahead, cut {run.cut_ahead:%Y-%m-%d}: this one replaces it"
        )
    again = STEPS[STEPS.index(first) :] if first else ()
    for step in steps:
        if step in run.finished and step not in again:
            report(f"{step}: done before")
        else:
            run = take(Night(spark, settings, run), step, report)
    if "publish" in run.finished:
        _compact(spark, settings, run, report)
    return run


def _compact(spark: SparkSession, settings: Settings, run: Run, report: Report) -> None:
    began = time.monotonic()
    files, into = compact(spark, settings, run.cut.date(), run.marks)
    if files:
        report(f"master: {files:,} files merged into {into:,} ({time.monotonic() - began:.1f} s)")
    began = time.monotonic()
    folders, months = merge(spark, settings, run.sources)
    if folders or files:
        note_merging(settings, run, {"archived_files_merged": files, "changed_days_merged": folders})
    if folders:
        report(f"energy: {folders:,} changed days merged into {months:,} months ({time.monotonic() - began:.1f} s)")


def note_merging(settings: Settings, run: Run, counts: dict[str, int]) -> None:
    """Note the merging in the run's row, by which SQL learns that there are other files to read."""
    with cassandra.session(settings) as session:
        session.execute(session.prepare(COUNTED), (counts, NIGHTLY, run.run_id))


def main() -> None:
    """The night of ``--date``, after its sources have been asked."""
    day, settings = day_asked("the night"), load_settings()
    with refusal_said():
        with sources_asked(print):
            spark = session(settings, "solera nightly")
        nightly(spark, settings, day)


if __name__ == "__main__":
    main()
