"""Spark, which answers the statements of all clients: a few at once, none longer than a bound.

A question is planned first, one at a time, and then waits for its turn. By its plan one that reads energy or readings
of more than ten installations is long, and such ones leave a place, and half of the cores, to the others.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from conf.refusal import Refusal
from serving_layer.sql import readonly
from serving_layer.sql.bounds.held import Held
from serving_layer.sql.bounds.lanes import Lanes
from serving_layer.sql.bounds.length import is_long
from serving_layer.sql.sendable import sendable

AT_ONCE = 4
"""Questions that Spark works on at once; the others wait."""
LONG_AT_ONCE = 3
"""Questions among them that read energy or readings of more than a few installations."""
WAIT_SECONDS = 300.0
"""Longest wait of a question for its turn."""
LONGEST_SECONDS = 600.0
"""A question that takes longer is ended."""
LONGEST_STATEMENT = 64 * 1024
"""Characters of a statement; a generated one with a thousand ids in it has a third."""
KNOWN = 500
"""Statements that were checked and need not be checked again."""
LATE = "The question took longer than {:,.0f} s; ask for less, or by installation."
NO_SUCH_FILE = ("FileNotFoundException", "File does not exist")
"""Words by which Spark says that a file which it knew is there no more."""


class Failed(Refusal):
    """Spark could not answer; the text is Spark's own."""


class Malformed(Failed):
    """A text that is no statement."""


class Engine:
    """Answers statements on one Spark session, which no statement can change; shared by all clients."""

    def __init__(self, spark: SparkSession, renew: Callable[[bool], None]) -> None:
        """``renew`` makes the views anew where another state is published, or at any rate where asked to."""
        self.spark = spark
        self._renew = renew
        self._views = threading.Lock()
        self._functions = frozenset(row[0].lower() for row in spark.sql("SHOW SYSTEM FUNCTIONS").collect())
        self._known: dict[str, bool] = {}
        self._lanes = Lanes(AT_ONCE, LONG_AT_ONCE)
        self._held = Held()
        self._shows_values = True

    def on(self, spark: SparkSession, renew: Callable[[bool], None]) -> Engine:
        """One that answers on another session, which ``renew`` keeps; the questions of both are bounded together.

        An error of a row is not shown there: the text could hold a value of a row that is left out.
        """
        other = copy.copy(self)
        other.spark, other._renew, other._views, other._shows_values = spark, renew, threading.Lock(), False
        return other

    def answer(self, statement: str, group: str) -> pa.Table:
        """The rows of a statement; ``group`` names it for :meth:`cancel`.

        Raises :class:`Failed`, :class:`Malformed`, :class:`serving_layer.access.turns.Busy`,
        :class:`serving_layer.sql.readonly.NotReadOnly`.
        """
        if len(statement) > LONGEST_STATEMENT:
            raise Failed(f"The statement has {len(statement):,} characters; at most {LONGEST_STATEMENT:,} are read.")
        self.spark.sparkContext.setJobGroup(group, "SQL", interruptOnCancel=True)
        try:
            frame, long = self._planned(statement)
        except (PySparkException, Py4JError) as error:
            raise Failed(self._said(error)) from None
        if frame is None:
            return pa.table({})
        with self._lanes.place(group, long, WAIT_SECONDS), self._bounded(group) as is_late:
            self.spark.sparkContext.setLocalProperty("spark.scheduler.pool", "long" if long else "short")
            try:
                return self._collected(statement, frame)
            except (PySparkException, Py4JError) as error:
                raise Failed(LATE.format(LONGEST_SECONDS) if is_late.is_set() else self._said(error)) from None

    @contextmanager
    def _bounded(self, group: str) -> Iterator[threading.Event]:
        """Ends the statement if the block takes longer than it may; the event says so."""
        is_late = threading.Event()

        def end() -> None:
            is_late.set()
            self.cancel(group)

        too_long = threading.Timer(LONGEST_SECONDS, end)
        too_long.start()
        try:
            yield is_late
        finally:
            too_long.cancel()

    def cancel(self, group: str) -> None:
        """End the Spark jobs of that statement that run now, or its wait."""
        self._lanes.leave(group)
        self.spark.sparkContext.cancelJobGroup(group)

    def hold(self, size: int) -> None:
        """Count ``size`` bytes of an answer as held; negative when it is let go.

        Raises :class:`serving_layer.access.turns.Busy`.
        """
        self._held.add(size)

    def _said(self, error: Exception) -> str:
        if self._shows_values or isinstance(error, AnalysisException):
            return _said(error)
        return "The statement failed while rows were read."

    def _collected(self, statement: str, frame: DataFrame) -> pa.Table:
        try:
            return _rows(frame)
        except (PySparkException, Py4JError) as error:
            again, _ = self._anew(statement, error)
        return pa.table({}) if again is None else _rows(again)

    def _planned(self, statement: str) -> tuple[DataFrame | None, bool]:
        """The statement's answer as it is to be collected, None of ``USE``; and whether that is long."""
        try:
            return self._of_one_state(statement)
        except (PySparkException, Py4JError) as error:
            return self._anew(statement, error)

    def _anew(self, statement: str, error: Exception) -> tuple[DataFrame | None, bool]:
        """The same once more where files were merged or rewritten since: they have other names now."""
        if not any(words in str(error) for words in NO_SUCH_FILE):
            raise error
        with self._views:
            self._renew(True)
        return self._of_one_state(statement)

    def _of_one_state(self, statement: str) -> tuple[DataFrame | None, bool]:
        session: Any = self.spark._jsparkSession
        jvm: Any = self.spark._jvm
        # Without an active session a thread has Spark's own settings, by which variables would be filled in.
        jvm.org.apache.spark.sql.SparkSession.setActiveSession(session)
        try:
            plan = session.sessionState().sqlParser().parsePlan(statement.strip().removesuffix(";"))
        except PySparkException as error:
            raise Malformed(_said(error)) from None
        if self._is_use(statement, plan):
            return None, False
        with self._views:
            self._renew(False)
            # The plan that was looked through runs, not the text once more; from here on it holds its state's files.
            dataset = jvm.org.apache.spark.sql.Dataset.ofRows(session, plan)
            frame = sendable(DataFrame(dataset, self.spark))
            return frame, is_long(frame)

    def _is_use(self, statement: str, plan: Any) -> bool:
        """Check the plan; the same text has the same plan, so that one check of it will do."""
        if statement not in self._known:
            readonly.check(plan, self._functions)
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[statement] = readonly.is_use(plan)
        return self._known[statement]


def _rows(frame: DataFrame) -> pa.Table:
    batches = frame._collect_as_arrow()
    return pa.Table.from_batches(batches) if batches else to_arrow_schema(frame.schema).empty_table()


def _said(error: Exception) -> str:
    """The error in Spark's words, without its plan and its trace."""
    text = getattr(error, "desc", None) or _first_cause(getattr(error, "java_exception", None)) or str(error)
    return str(text).split("\n\tat ")[0].split(";\n")[0].strip()[:2000]


def _first_cause(error: Any) -> str | None:
    if error is None:
        return None
    while (cause := error.getCause()) is not None:
        error = cause
    return str(error.getMessage() or error.toString())
