"""Forecasts of many days, each by models that had seen nothing of it, spread over Spark: a task a part and stretch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from batch_layer.pricing.candidates import LASSO, TREES, Learner
from batch_layer.pricing.design import Design

REFIT_DAYS = {LASSO: 7, TREES: 20}
OTHER_REFIT_DAYS = 30
"""Days that one fit of a part serves: a model that is quick to fit is fitted often, and follows the level better."""
SCHEMA = "task int, prices array<double>"


@dataclass(frozen=True)
class Task:
    """Origins ``begin`` to ``end`` (exclusive) of the design ``key``, by a part fitted on those before ``learnt``."""

    key: str
    part: Learner
    learnt: int
    begin: int
    end: int


def stretches(key: str, part: Learner, begin: int, end: int) -> list[Task]:
    """Tasks that forecast origins ``begin`` to ``end``, each fitted on all before it."""
    days = REFIT_DAYS.get(part.engine, OTHER_REFIT_DAYS)
    return [Task(key, part, first, first, min(first + days, end)) for first in range(begin, end, days)]


def solve(
    spark: SparkSession, designs: Mapping[str, Design], tasks: Sequence[Task]
) -> dict[str, dict[Learner, NDArray[np.float64]]]:
    """The prices that the tasks forecast, by design and part; NaN for origins none of them speaks of."""
    # The longest go first, so that no core waits for a long one at the end.
    ordered = sorted(tasks, key=lambda task: task.part.engine == LASSO)
    shared = spark.sparkContext.broadcast(dict(designs))

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            numbers = [int(number) for number in batch["id"]]
            prices = [_prices(shared.value[ordered[number].key], ordered[number]).ravel() for number in numbers]
            yield pd.DataFrame({"task": numbers, "prices": prices})

    rows = spark.range(0, len(ordered), 1, len(ordered)).mapInPandas(run, SCHEMA).collect() if ordered else []
    shared.unpersist()
    solved: dict[str, dict[Learner, NDArray[np.float64]]] = {}
    for row in rows:
        task = ordered[row["task"]]
        shape = designs[task.key].target.shape
        of_part = solved.setdefault(task.key, {}).setdefault(task.part, np.full(shape, np.nan))
        of_part[task.begin : task.end] = np.asarray(row["prices"]).reshape(-1, shape[1])
    return solved


def _prices(design: Design, task: Task) -> NDArray[np.float64]:
    # Of a later block the outcome of the last days is not in yet at the origin.
    learnt = np.flatnonzero(design.ended_before(design.origins[task.begin])[: task.learnt])
    return task.part.forecast(design.rows(learnt), design.rows(np.arange(task.begin, task.end)))
