"""Whether each dependency works, looked at in the background so that the answer is always at hand."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from conf.refusal import Refusal

EVERY_SECONDS = 2.0
FORGET_SECONDS = 8.0
"""A check that has not come back for so long counts as failed."""
log = logging.getLogger(__name__)


class Remark(NamedTuple):
    """The sentence of a check on a dependency that works, and its measurements (``serving_layer.metrics.MEASURED``)."""

    text: str
    measured: Mapping[str, float] = {}


class Broken(Refusal):
    """A dependency that does not work; the text says how, ``measured`` what was measured all the same."""

    def __init__(self, text: str, measured: Mapping[str, float] | None = None) -> None:
        super().__init__(text)
        self.measured = measured or {}


Check = Callable[[], Remark]
"""Raises :class:`Broken` or anything else where the dependency does not work."""


@dataclass(frozen=True)
class Finding:
    """State of a dependency: ``up`` or ``down``, when it was last up (seconds ago, None: never), and its fault."""

    name: str
    state: str
    age_s: float | None
    detail: str
    measured: Mapping[str, float] = field(default_factory=dict)


class Watch:
    """Looks at every dependency every :data:`EVERY_SECONDS`, each in its own thread."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._last_up: dict[str, float] = {}
        self._last_seen: dict[str, tuple[float, bool, Remark]] = {}
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        for name, check in self._checks.items():
            threading.Thread(target=self._keep_looking, args=(name, check), name=f"watch-{name}", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def findings(self) -> list[Finding]:
        """The newest findings, without waiting for any check."""
        return [self._finding(name, time.monotonic()) for name in self._checks]

    def _finding(self, name: str, now: float) -> Finding:
        seen_at, is_up, remark = self._last_seen.get(name, (now, False, Remark("not looked at yet")))
        if now - seen_at > FORGET_SECONDS:
            is_up, remark = False, Remark(f"no answer for {now - seen_at:.0f} s")
        up_at = self._last_up.get(name)
        age_s = None if up_at is None else round(now - up_at, 1)
        return Finding(name, "up" if is_up else "down", age_s, *remark)

    def _keep_looking(self, name: str, check: Check) -> None:
        while not self._stop.is_set():
            try:
                remark, is_up = check(), True
            except Broken as error:
                remark, is_up = Remark(str(error), error.measured), False
            except Exception as error:
                remark, is_up = Remark(str(error) or type(error).__name__), False
            now = time.monotonic()
            was_up = self._last_seen.get(name, (now, is_up, remark))[1]
            if was_up != is_up:
                log.warning("%s is %s: %s", name, "up" if is_up else "down", remark.text)
            self._last_seen[name] = (now, is_up, remark)
            if is_up:
                self._last_up[name] = now
            self._stop.wait(EVERY_SECONDS)
