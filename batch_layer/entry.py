"""One step of the night: ``spark-submit batch_layer/<step>.py --date D`` runs it alone, the night each in turn."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from batch_layer import runs
from batch_layer.runs import Night, Outcome, Run, RunError
from batch_layer.schedule import STEPS
from conf import Settings, load_settings
from conf.refusal import Refusal
from store.spark import session

Step = Callable[[Night], Outcome]
Report = Callable[[str], None]
NO_ROOM = ("SafeModeException", "could only be written to 0 of the", "No space left on device")
"""Words by which HDFS says that its disks are full: a NameNode whose own is goes into safe mode."""


def main(step: str) -> None:
    """Run ``step`` of the night of ``--date`` (UTC day, default today)."""
    day, settings = day_asked(step), load_settings()
    with refusal_said():
        take_step(session(settings, f"solera {step}"), settings, day, step)


@contextmanager
def refusal_said() -> Iterator[None]:
    """The end of a program that refuses: its sentence on standard error, and exit code 1."""
    try:
        yield
    except Refusal as error:
        sys.exit(str(error))


def day_asked(what: str) -> date | None:
    """The ``--date`` of the command line that starts ``what``."""
    parser = argparse.ArgumentParser(description=f"Batch layer: {what}.")
    parser.add_argument("--date", type=date.fromisoformat, help="UTC day at whose 00:00 the night cuts; today")
    day: date | None = parser.parse_args().date
    return day


def take_step(spark: SparkSession, settings: Settings, day: date | None, step: str, report: Report = print) -> Run:
    """Run one step of the night of ``day``. Raises :class:`RunError` where one before it is still to do."""
    with room_asked_for(settings), runs.alone(spark, settings):
        run = runs.open_run(spark, settings, day)
        missing = [before for before in STEPS[: STEPS.index(step)] if before not in run.finished]
        if missing:
            raise RunError(
                f"Run {run.run_id} has not done {missing[0]} yet: "
                f"spark-submit batch_layer/{missing[0]}.py --date {run.cut:%Y-%m-%d} comes first."
            )
        return take(Night(spark, settings, run), step, report)


def take(night: Night, step: str, report: Report) -> Run:
    """Run ``step`` and remember that it is done; ``report`` is given what it did and how long it took."""
    began = time.monotonic()
    outcome = step_function(step)(night)
    took = time.monotonic() - began
    timed = outcome._replace(counts={**outcome.counts, f"{step}_seconds": round(took)})
    run = runs.finish(night.spark, night.settings, night.run, step, timed)
    done = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in outcome.counts.items() if value)
    report(f"{step}: {done or 'nothing new'} ({took:.1f} s)")
    return run


def step_function(name: str) -> Step:
    """The ``run`` of the module that bears the step's name."""
    function: Step = import_module(f"batch_layer.{name}").run
    return function


@contextmanager
def room_asked_for(settings: Settings) -> Iterator[None]:
    """Say in a sentence that HDFS has no room, which Spark buries in a trace."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        if any(words in str(error) for words in NO_ROOM):
            raise RunError(
                f"HDFS at {settings.hdfs_uri} takes no more: its disk is full. Make room; the next night goes on here."
            ) from error
        raise
