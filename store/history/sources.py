"""Times at which each source of weather, prices and hours was last asked and last answered, and what is left open.

Read from the notes that whoever asks keeps in the same home; of sources that are asked elsewhere nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from store.history.attempts import Attempt, attempts_of


class Source(NamedTuple):
    """One source, of all its questions together. Times are UTC."""

    source: str
    asked: datetime
    """The time when it was last asked anything."""
    outcome: str
    """The outcome of that."""
    answered: datetime | None
    """The time when it last answered with anything; None: never."""
    open: int
    """Questions asked in vain that are asked again."""
    given_up: int
    """Questions that are asked no more, but by hand."""
    next: datetime | None
    """The time from which on the first of the open ones is asked again; None: nothing is open."""


def sources(home: Path) -> list[Source]:
    """Every source that was ever asked, by name."""
    return [_source(name, attempts) for name, attempts in attempts_of(home).items() if attempts]


def _source(name: str, attempts: Mapping[str, Attempt]) -> Source:
    last = max(attempts.values(), key=lambda each: each.at)
    waiting = [each.again for each in attempts.values() if each.in_vain and each.again is not None]
    return Source(
        name,
        last.at,
        last.outcome,
        max((each.answered for each in attempts.values() if each.answered is not None), default=None),
        len(waiting),
        sum(each.again is None for each in attempts.values()),
        min(waiting, default=None),
    )
