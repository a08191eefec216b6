"""The published state as database ``solera`` shows it, until another is published: its files in HDFS, and energy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from conf import Settings
from conf.refusal import Refusal
from energy.topics import TOPICS
from serving_layer.sql.published import files, merged, speed_keys
from serving_layer.sql.published.files import Files
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.statements import statements_of
from serving_layer.sql.readonly import DATABASE
from store.instants import rfc3339
from store.runs import Published

VIEWS = Path(__file__).with_name("views.sql")
KEPT = 3
"""A question that has begun reads the tables of its state to the end."""


class HdfsAway(Refusal):
    """HDFS does not say what is published; the text says what to do."""

    kind = "hdfs-away"
    status = 503


class BatchSide:
    """Makes the views of the published state in a session, and again when it has changed."""

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        known: Callable[[], Known],
        database: str = DATABASE,
        speed: str | None = None,
    ) -> None:
        """``speed`` is a table in place of Cassandra's."""
        self._spark = spark
        self._database = database
        self._settings = settings
        self._known = known
        self._speed = speed or merged.speed_view(settings)
        self._made: Known | None = None
        self._states: Counter[str] = Counter()
        for name in (database, files.DATABASE):
            spark.sql(f"CREATE DATABASE IF NOT EXISTS {name}")

    def renew(self, at_any_rate: bool = False) -> None:
        """Make the views anew where another state is published, or ``at_any_rate``. Raises :class:`HdfsAway`."""
        known, made = self._known(), self._made
        if at_any_rate or made is None or known.published != made.published:
            self._make(known.published)
            made = None
        if known != made:
            self._make_keys(known)
            self._made = known

    def _make(self, seen: Published) -> None:
        try:
            tables, contested = files.of_state(self._spark, self._settings, seen)
        except Py4JJavaError as error:
            where = self._settings.hdfs_uri
            raise HdfsAway(f"HDFS does not answer at {where}: is it up (solera status)?") from error
        names = self._tables(tables, self._settings.hdfs_path("nowhere"))
        for statement in statements_of(
            VIEWS.read_text(encoding="utf-8"),
            self._database,
            contested=_one_of(contested),
            runs=_runs(seen),
            cut=_instant(seen.cut),
            clean=_clean(),
            reading=", ".join(TOPICS["readings"].columns),
            statement=", ".join(TOPICS["weather"].columns),
            **names,
        ):
            self._spark.sql(statement)

    def _make_keys(self, known: Known) -> None:
        keys = speed_keys.of_state(self._spark, self._settings, known, self._database)
        names = self._tables(keys, f"file://{self._settings.home}/nowhere")
        cut = _instant(known.published.cut)
        for statement in merged.statements(self._database, self._speed, cut, names["live"], names["open"]):
            self._spark.sql(statement)

    def _tables(self, listed: list[Files], nowhere: str) -> dict[str, str]:
        """The tables of a new state by their names; those of a state long ago are let go."""
        group = listed[0].name
        self._states[group] += 1
        state = self._states[group]
        names = {each.name: files.make(self._spark, nowhere, each, state) for each in listed}
        if state > KEPT:
            files.drop(self._spark, listed, state - KEPT)
        return names


def _clean() -> str:
    """The columns of a reading, repeats merged by the rule of ``energy.conflict``: the greater bytes win."""
    topic = TOPICS["readings"]
    return ", ".join(
        f"{_greater(name, kind)} AS {name}" for name, kind in topic.columns.items() if name not in topic.key
    )


def _greater(name: str, kind: str) -> str:
    """A number below zero, which may be −0.0, has greater bytes than any other, and the more so the further below."""
    if kind != "double":
        return f"max({name})"
    return f"max_by({name}, struct(cast({name} AS string) LIKE '-%', abs({name})))"


def _runs(seen: Published) -> str:
    """The rows of VALUES, one more than there are runs, for there must be one."""
    rows = [(f"'{run.run_id}'", run.published, run.cut, run.issued_at) for run in seen.runs]
    return ", ".join(
        f"({run_id}, {', '.join(map(_instant, instants))})" for run_id, *instants in [*rows, ("''", None, None, None)]
    )


def _instant(at: datetime | None) -> str:
    return "CAST(NULL AS timestamp)" if at is None else f"TIMESTAMP'{rfc3339(at)}'"


def _one_of(days: Iterable[date]) -> str:
    listed = ", ".join(f"DATE'{day}'" for day in days)
    return f"day IN ({listed})" if listed else "false"
