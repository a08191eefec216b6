"""The night: the steps in their order, in one Spark session, each remembered when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from batch_layer import runs
from batch_layer.night import Night
from batch_layer.runs import STEPS, Outcome, Run, RunError
from conf import Settings

Step = Callable[[Night], Outcome]
Report = Callable[[str], None]
NO_ROOM = ("SafeModeException", "could only be written to 0 of the", "No space left on device")
"""How HDFS says that its disks are full: a NameNode whose own is goes into safe mode."""


def step_function(name: str) -> Step:
    """The ``run`` of the module that bears the step's name."""
    function: Step = import_module(f"batch_layer.{name}").run
    return function


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
    with _room_asked_for(settings), runs.alone(spark, settings):
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
            run = _take(Night(spark, settings, run), step, report)
    return run


def take_step(spark: SparkSession, settings: Settings, day: date | None, step: str, report: Report = print) -> Run:
    """Run one step of the night of ``day``. Raises :class:`RunError` where one before it is still to do."""
    with _room_asked_for(settings), runs.alone(spark, settings):
        run = runs.open_run(spark, settings, day)
        missing = [before for before in STEPS[: STEPS.index(step)] if before not in run.finished]
        if missing:
            raise RunError(
                f"Run {run.run_id} has not done {missing[0]} yet: "
                f"spark-submit batch_layer/{missing[0]}.py --date {run.cut:%Y-%m-%d} comes first."
            )
        return _take(Night(spark, settings, run), step, report)


@contextmanager
def _room_asked_for(settings: Settings) -> Iterator[None]:
    """Say in a sentence that HDFS has no room, which Spark buries in a trace."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        if any(words in str(error) for words in NO_ROOM):
            raise RunError(
                f"HDFS at {settings.hdfs_uri} takes no more: its disk is full. Make room; the next night goes on here."
            ) from error
        raise


def _take(night: Night, step: str, report: Report) -> Run:
    began = time.monotonic()
    outcome = step_function(step)(night)
    run = runs.finish(night.spark, night.settings, night.run, step, outcome)
    done = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in outcome.counts.items() if value)
    report(f"{step}: {done or 'nothing new'} ({time.monotonic() - began:.1f} s)")
    return run


if __name__ == "__main__":
    from batch_layer.entry import main

    main("")
