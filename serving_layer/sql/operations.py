"""The questions that one client has open, and their answers in the making."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from conf.refusal import Refusal
from serving_layer.access.turns import Busy
from serving_layer.sql.engine import Engine, Failed

OPEN = 50
"""Questions that one client may have open."""
AGAIN_SECONDS = 0.5
"""Pause between two orders to end a question: between two of its jobs nothing runs that could be ended."""

# A thread keeps its connection to Spark's Java from one question to the next.
_WORKERS = ThreadPoolExecutor(64, "sql")
log = logging.getLogger(__name__)


class Operation:
    """One answer in the making, read from the front."""

    def __init__(self, engine: Engine, answer: Callable[[str], pa.Table]) -> None:
        self.guid = uuid.uuid4()
        self.error: Refusal | None = None
        self.table: pa.Table | None = None
        self.at = 0
        self.done = threading.Event()
        self._engine = engine
        self._answer = answer
        self._is_ended = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin, in the background."""
        _WORKERS.submit(self._run)

    def _run(self) -> None:
        try:
            table = self._answer(str(self.guid))
            with self._lock:
                if not self._is_ended:
                    self._engine.hold(table.nbytes)
                    self.table = table
        except Refusal as refusal:
            self.error = refusal
        except Exception as error:
            log.error("a statement failed: %s", type(error).__name__)
            self.error = Failed("The statement failed; the server's log names the kind of error.")
        if self._is_ended:
            self.error = Failed("The question was cancelled.")
        self.done.set()

    def end(self) -> None:
        """Stop what is at work, in the background; let go of the answer."""
        with self._lock:
            if self._is_ended:
                return
            self._is_ended = True
            if self.table is not None:
                self._engine.hold(-self.table.nbytes)
                self.table = None
        if not self.done.is_set():
            threading.Thread(target=self._stop, name="sql-end", daemon=True).start()

    def next_rows(self, most: int) -> tuple[pa.Table, int]:
        """At most ``most`` rows that were not read yet, and the place of the first. Raises :class:`Failed`."""
        table = self.table
        if table is None:
            raise self.error or Failed("There is no answer, or not yet.")
        first, rows = self.at, table.slice(self.at, most)
        self.at += rows.num_rows
        return rows, first

    def _stop(self) -> None:
        while not self.done.wait(AGAIN_SECONDS):
            self._engine.cancel(str(self.guid))


class Operations:
    """Operations that one client has open."""

    def __init__(self) -> None:
        self._open: dict[bytes, Operation] = {}
        self._lock = threading.Lock()

    def add(self, operation: Operation) -> None:
        """Keep it. Raises :class:`serving_layer.access.turns.Busy` where there are too many."""
        with self._lock:
            if len(self._open) >= OPEN:
                raise Busy(f"This connection has {OPEN} questions open; close some.")
            self._open[operation.guid.bytes] = operation

    def of(self, guid: bytes) -> Operation:
        """The operation of that name. Raises :class:`serving_layer.sql.engine.Failed`."""
        found = self._open.get(guid)
        if found is None:
            raise Failed("There is no such operation.")
        return found

    def close(self, guid: bytes) -> None:
        """End it and forget it, where it is there."""
        with self._lock:
            found = self._open.pop(guid, None)
        if found is not None:
            found.end()

    def close_all(self) -> None:
        """The same with each."""
        for guid in list(self._open):
            self.close(guid)
