"""The Cassandra reader: prepared statements, several partitions at once, bounded waits.

It connects when first asked and again after a loss, so that the API starts before its store does. Whatever
goes wrong on the way is one error, :class:`StoreAway`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable, Session
from cassandra.connection import ConnectionException

from conf import Settings
from conf.refusal import Refusal
from store import cassandra as store
from store import schema

T = TypeVar("T")

REQUEST_SECONDS = 4.0
"""Longest wait for one statement; a page that stays blank longer is worse than an error."""
CONNECT_SECONDS = 3.0
RETRY_SECONDS = 1.0
"""After a failed connection nobody waits for another attempt sooner than this."""
KEPT = 100
"""Values that are kept before those too old are removed."""
_LOST = (NoHostAvailable, ConnectionException, DriverException, OSError)


class StoreAway(Refusal):
    """Cassandra does not answer; the text says what to do."""

    kind = "cassandra-away"
    status = 503
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "5"})


class Reader:
    """Reads the keyspace of ``settings``; may be shared by threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._failed_at = float("-inf")
        self._prepared: dict[str, Any] = {}
        self._kept: dict[str, tuple[float, Any]] = {}

    def rows(self, cql: str, *values: Any) -> list[Any]:
        """The rows of one statement. Raises :class:`StoreAway`."""
        return self.each(cql, [values])[0]

    def each(self, cql: str, partitions: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The rows of the same statement for each of ``partitions``' values, all asked at once, in their order."""
        return self.together([(cql, values) for values in partitions])

    def together(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Any]]:
        """The rows of each statement with its values, all asked at once, in their order."""
        try:
            session = self._opened()
            asked = [
                session.execute_async(self._statement(session, cql), values, timeout=REQUEST_SECONDS)
                for cql, values in questions
            ]
            return [list(future.result()) for future in asked]
        except _LOST as error:
            raise self._away() from error

    def pages(self, cql: str, values: Sequence[Any], rows: int) -> Iterator[Any]:
        """The rows of one statement, so many held at a time. Raises :class:`StoreAway`."""
        try:
            session = self._opened()
            bound = self._statement(session, cql).bind(values)
            bound.fetch_size = rows
            yield from session.execute(bound, timeout=REQUEST_SECONDS)
        except _LOST as error:
            raise self._away() from error

    def kept(self, name: str, seconds: float, load: Callable[[], T]) -> T:
        """The value that ``load`` returned, at most ``seconds`` old."""
        now = time.monotonic()
        until, value = self._kept.get(name, (float("-inf"), None))
        if now >= until:
            value = load()
            self._kept[name] = (now + seconds, value)
            if len(self._kept) > KEPT:
                self._forget(now)
        return value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._session is not None:
                self._session.cluster.shutdown()
                self._session = None

    def _forget(self, now: float) -> None:
        """Let go of what is too old to be answered with: names are many, those of days and of people among them."""
        for name, (until, _) in list(self._kept.items()):
            if until <= now:
                self._kept.pop(name, None)

    def _opened(self) -> Session:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._open()
        return self._session

    def _open(self) -> None:
        if time.monotonic() - self._failed_at < RETRY_SECONDS:
            raise OSError("no connection")
        try:
            session = store.connect(self._settings, connect_timeout=CONNECT_SECONDS)
            schema.check(session)
            self._session = session
        except Exception:
            self._failed_at = time.monotonic()
            raise

    def _statement(self, session: Session, cql: str) -> Any:
        if cql not in self._prepared:
            self._prepared[cql] = session.prepare(cql)
        return self._prepared[cql]

    def _away(self) -> StoreAway:
        where = ", ".join(f"{host}:{self._settings.cassandra.port}" for host in self._settings.cassandra.hosts)
        return StoreAway(
            f"Cassandra at {where} does not answer. `solera status` says what runs; `solera up` starts it."
        )
