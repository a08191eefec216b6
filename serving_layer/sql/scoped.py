"""The views of ``solera`` for somebody who sees some installations: under the same names, with the rows of those alone.

Each scope has a session with a catalogue of its own, in which the whole views stand in a database that no statement
can name, and ``solera`` holds what may be asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from pyspark.sql import SparkSession

from conf import Settings
from serving_layer.sql import apply
from serving_layer.sql.engine import Engine
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.state import BatchSide
from serving_layer.sql.readonly import DATABASE

WHOLE = "whole"
OPEN = frozenset({"cut", "price", "price_skill"})
"""Views for everybody. Any other that has no installation_id is about all, and not there for whoever sees some."""
KEPT = 8
"""Scopes whose sessions are held; the one that was not asked for longest is let go."""


class Scopes:
    """The engines of the scopes that ask, made when they first do, which takes seconds."""

    def __init__(self, engine: Engine, settings: Settings, known: Callable[[], Known]) -> None:
        self._engine, self._settings, self._known = engine, settings, known
        self._lock = threading.Lock()
        self._made: OrderedDict[frozenset[str], Engine] = OrderedDict()

    def of(self, installation_ids: Collection[str]) -> Engine:
        """Answers about these installations alone."""
        scope = frozenset(installation_ids)
        with self._lock:
            if scope not in self._made:
                self._made[scope] = self._make(scope)
            self._made.move_to_end(scope)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[scope]

    def _make(self, scope: Collection[str]) -> Engine:
        session = apart(self._engine.spark)
        batch_side = BatchSide(session, self._settings, self._known, WHOLE)
        batch_side.renew()
        for statement in apply.statements(self._settings, WHOLE):
            session.sql(statement)
        narrow(session, scope)
        return self._engine.on(session, batch_side.renew)


def apart(spark: SparkSession) -> SparkSession:
    """A session with the settings of ``spark`` and a catalogue of its own, which newSession() would share."""
    jvm: Any = spark._jvm
    options = jvm.java.util.HashMap()
    held = spark._jsparkSession.conf().getAll().iterator()
    while held.hasNext():
        pair = held.next()
        options.put(pair._1(), pair._2())
    return SparkSession(
        spark.sparkContext, jvm.org.apache.spark.sql.SparkSession(spark.sparkContext._jsc.sc(), options)
    )


def narrow(session: SparkSession, scope: Collection[str]) -> None:
    """Make the views of database ``solera``, each with the rows of ``scope`` alone, and the database the session's."""
    session.sql(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    for row in session.sql(f"SHOW VIEWS IN {WHOLE}").collect():
        name = row.viewName
        is_scoped = "installation_id" in session.table(f"{WHOLE}.{name}").columns
        if is_scoped or name in OPEN:
            where = f" WHERE {_among(scope)}" if is_scoped else ""
            session.sql(f"CREATE VIEW {DATABASE}.{name} AS SELECT * FROM {WHOLE}.{name}{where}")  # noqa: S608
    session.sql(f"USE {DATABASE}")


def _among(scope: Collection[str]) -> str:
    """A condition that holds for the installations of ``scope``, whose ids are spelt in hexadecimal digits."""
    if not scope:
        return "false"
    return f"installation_id IN ({', '.join(_literal(each) for each in sorted(scope))})"


def _literal(text: str) -> str:
    """``text`` without a sign that could end it."""
    return f"CAST(X'{text.encode().hex()}' AS string)"
