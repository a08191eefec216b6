"""Places for long questions: given in the order of asking, and some of them to short questions alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from serving_layer.access.turns import Busy


class _Waiting:
    """A question that waits until it is called, or leaves."""

    def __init__(self, name: str, is_long: bool) -> None:
        self.name, self.is_long = name, is_long
        self.has_left = False
        self.called = threading.Event()


class Lanes:
    """At most ``places`` questions at work, ``long_places`` of them long; who has waited longest goes first.

    A short question overtakes a long one only while the long ones have all of theirs.
    """

    def __init__(self, places: int, long_places: int) -> None:
        self._lock = threading.Lock()
        self._free, self._free_long = places, long_places
        self._queue: list[_Waiting] = []

    @contextmanager
    def place(self, name: str, is_long: bool, seconds: float) -> Iterator[None]:
        """A place, held in the block after a wait of at most ``seconds``; ``name`` is for :meth:`leave`.

        Raises :class:`Busy`.
        """
        waiting = _Waiting(name, is_long)
        with self._lock:
            self._queue.append(waiting)
            self._call()
        waiting.called.wait(seconds)
        with self._lock:
            if not waiting.called.is_set():
                self._queue.remove(waiting)
                raise Busy(f"No turn came within {seconds:g} s: too many questions; ask again in a moment.")
        if waiting.has_left:
            raise Busy("The question was taken back before its turn came.")
        try:
            yield
        finally:
            with self._lock:
                self._count(waiting, 1)
                self._call()

    def leave(self, name: str) -> None:
        """Let the questions of that ``name`` wait no longer; those at work are left alone."""
        with self._lock:
            for waiting in [each for each in self._queue if each.name == name]:
                self._queue.remove(waiting)
                waiting.has_left = True
                waiting.called.set()

    def _call(self) -> None:
        """Give the free places to those who have waited longest. The lock is held."""
        for waiting in list(self._queue):
            if self._free > 0 and (self._free_long > 0 or not waiting.is_long):
                self._queue.remove(waiting)
                self._count(waiting, -1)
                waiting.called.set()

    def _count(self, waiting: _Waiting, places: int) -> None:
        self._free += places
        self._free_long += places if waiting.is_long else 0
