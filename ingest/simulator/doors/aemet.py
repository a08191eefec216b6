"""AEMET OpenData as it answers: two steps, its Latin alphabet, its limit, errors inside good answers."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ingest.simulator.doors.web import Answer, Asked

LIMIT = "Límite de peticiones o caudal por minuto excedido para este usuario. Espere al siguiente minuto."
ENCODING = "iso-8859-15"
PER_MINUTE = 50
"""Requests of a minute that are answered."""
ADDRESSES = 100
"""The second address of an answer lives until so many others have been given."""
ROOT, API, SECOND = "/opendata", "/opendata/api", "/opendata/sh/"


Find = Callable[[str], Any | None]
"""The JSON of a path; None where there is none."""


def either(first: Find, second: Find) -> Find:
    """A search by the ``first``, or else by the ``second``."""

    def found(path: str) -> Any | None:
        return second(path) if (body := first(path)) is None else body

    return found


@dataclass
class Aemet:
    """``find`` gives the JSON of a path, None where there is none; ``faults``, statuses, come first, 0 hangs up."""

    find: Find
    per_minute: int = PER_MINUTE
    monotonic: Callable[[], float] = time.monotonic
    faults: list[int] = field(default_factory=list)
    away: bool = False
    keys: set[str | None] = field(default_factory=set)
    limited: int = 0
    """Requests beyond the limit."""
    _at: deque[float] = field(default_factory=deque)
    _given: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request; None where the path is none of its own."""
        if not asked.path.startswith(ROOT):
            return None
        with self._lock:
            self.keys.add(asked.headers.get("api_key"))
            if self.away:
                return _said(503, {"descripcion": "Servicio no disponible", "estado": 503})
            if self.faults:
                return _failure(self.faults.pop(0))
            if self._is_beyond_limit():
                self.limited += 1
                return _failure(429)
            return self._step(asked)

    def _is_beyond_limit(self) -> bool:
        now = self.monotonic()
        while self._at and now - self._at[0] >= 60.0:
            self._at.popleft()
        self._at.append(now)
        return len(self._at) > self.per_minute

    def _step(self, asked: Asked) -> Answer:
        path = self._given.get(asked.path, "") if asked.path.startswith(SECOND) else asked.path.removeprefix(API)
        found = self.find(path)
        if found is None:  # in an answer that is good by its status
            return _said(200, {"descripcion": "No hay datos que satisfagan esos criterios", "estado": 404})
        if asked.path.startswith(SECOND):
            return _said(200, found)
        self._count += 1
        own = f"{SECOND}{self._count:08x}"
        self._given[own] = path
        if len(self._given) > ADDRESSES:
            self._given.pop(next(iter(self._given)))
        there = f"http://{asked.headers['Host']}{own}"
        return _said(200, {"descripcion": "exito", "estado": 200, "datos": there, "metadatos": there})


def _failure(status: int) -> Answer:
    word = LIMIT if status == HTTPStatus.TOO_MANY_REQUESTS else "Error"
    return _said(status, {"descripcion": word, "estado": status}) if status else Answer(0)


def _said(status: int, body: Any) -> Answer:
    data = json.dumps(body, ensure_ascii=False).encode(ENCODING, errors="replace")
    return Answer(status, data, f"text/plain;charset={ENCODING.upper()}", {"Remaining-request-count": "42"})
