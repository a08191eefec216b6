"""The progress of the job: one query's signals to the other, and the report ``run/speed.json`` for ``/healthz``."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from conf.refusal import Refusal
from store.instants import rfc3339
from store.reports import write_report

log = logging.getLogger("speed")
STALL_SECONDS = 120.0
"""Seconds for which the energy query waits for the readings query without seeing it advance."""

CALM_READINGS = 10_000
CALM_SECONDS = 60.0
"""Seconds for which the energy query leaves the cores to readings that wait in Kafka."""


class Stalled(Refusal):
    """The readings query did not advance while the energy query waited for it."""


class Progress:
    """Shared by the two queries' threads and the main one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._written: dict[str, int] = {}
        self._readings: dict[str, Any] = {}
        self._energy: dict[str, Any] = {}
        self._failures: dict[str, str] = {}
        self._is_over = False
        self._behind: int | None = None
        self._dropped = 0
        self._quarantined = 0
        self._moved_at = time.monotonic()

    def readings_written(self, last: Mapping[str, int]) -> None:
        """All readings up to offset ``last`` of each Kafka partition are in Cassandra."""
        with self._changed:
            self._written = dict(last)
            self._changed.notify_all()
        self.moved()

    def moved(self) -> None:
        """A part of a batch of readings is done."""
        self._moved_at = time.monotonic()

    def stands(self, ends: Mapping[str, int] | None) -> tuple[dict[str, int], float]:
        """Readings that wait before the ``ends`` of each partition, and for how many seconds nothing has moved."""
        behind = {p: end - 1 - self._written.get(p, -1) for p, end in (ends or {}).items()}
        if not any(count > 0 for count in behind.values()):
            self.moved()
        return behind, time.monotonic() - self._moved_at

    def wait_for_readings(self, last: Mapping[str, int], stall_seconds: float = STALL_SECONDS) -> None:
        """Return once all readings up to ``last`` are written.

        Raises :class:`Stalled` when no batch was written for ``stall_seconds``, or none will be.
        """
        with self._changed:
            while missing := {p: o for p, o in last.items() if self._written.get(p, -1) < o}:
                if self._is_over:
                    raise Stalled("energy waited for readings, whose query has ended")
                if not self._changed.wait(stall_seconds):
                    raise Stalled(
                        f"energy waited {stall_seconds:.0f} s for readings up to {missing} "
                        f"(partition: offset); written are {self._written}"
                    )

    def readings_behind(self, count: int) -> None:
        """Note how many readings wait in Kafka for their query."""
        with self._changed:
            self._behind = count
            self._changed.notify_all()

    def wait_until_calm(self, seconds: float = CALM_SECONDS) -> None:
        """Return once the readings query has begun and few readings wait for it, at the latest after ``seconds``.

        After a start and an outage what is new is served first, and its energy then.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_over or (self._behind is not None and self._behind < CALM_READINGS), seconds
            )

    def over(self) -> None:
        """Note that no more readings will be written: nobody need wait for them."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def batch(self, batch_id: int, rows: int, seconds: float, quarantined: int = 0) -> None:
        """Note a batch of readings, of which ``quarantined`` were refused."""
        self._readings = _note(batch_id, rows, seconds)
        self._quarantined += quarantined

    def dropped(self, count: int) -> None:
        """Note messages that Kafka dropped before this layer had read them."""
        if count:
            self._dropped += count
            log.warning("Kafka dropped %d readings before the speed layer had read them", count)

    def energy_batch(self, batch_id: int, rows: int, seconds: float, last: Mapping[str, int]) -> None:
        """Note a batch of energy: ``rows`` installations, of readings up to ``last`` of each partition."""
        offsets = {**self._energy.get("last_offsets", {}), **last}
        self._energy = {**_note(batch_id, rows, seconds), "last_offsets": offsets}

    def failed(self, query: str, error: Exception) -> None:
        """Note why a batch of ``query`` failed."""
        lines = str(error).strip().splitlines() or [""]
        self._failures[query] = f"{type(error).__name__}: {lines[0]}"

    def failure(self, query: str) -> str | None:
        """The reason why a batch of ``query`` failed, in one line."""
        return self._failures.get(query)

    def report(self, path: Path, lag: Mapping[str, int], stands_s: float, states: Mapping[str, str]) -> None:
        """Write the state of the job to ``path``; ``states`` are Spark's words on each query."""
        state = {
            "readings": {**self._readings, "last_offsets": self._written, "state": states.get("readings")},
            "energy": {**self._energy, "state": states.get("energy", "off")},
            "kafka_lag": dict(lag),
            "stands_s": round(stands_s, 1),
            "dropped": self._dropped,
            "quarantined": self._quarantined,
        }
        write_report(path, state)


def _note(batch_id: int, rows: int, seconds: float) -> dict[str, Any]:
    rate = round(rows / seconds, 1) if seconds > 0 else 0.0
    return {"batch_id": batch_id, "rows": rows, "seconds": round(seconds, 3), "rows_per_second": rate, "at": _now()}


def _now() -> str:
    return rfc3339(datetime.now(timezone.utc))
