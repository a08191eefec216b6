"""Attempts at each source, and what came of them: ``<home>/<source>/asked.json``, one entry a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from store.instants import instant_of, rfc3339

FILE = "asked.json"
OLDER_HOLD = timedelta(hours=24, minutes=1)
"""The rest of a question that was noted without saying so."""


class Attempt(NamedTuple):
    """The last time that a question was asked (UTC), and what came of it."""

    at: datetime
    outcome: str
    in_vain: int
    """The number of times in a row that nothing, or not all, came of it."""
    again: datetime | None
    """The time from which on it may be asked again; None: it is given up."""
    answered: datetime | None = None
    """The time when it was last answered with anything."""


def attempts_path(home: Path, source: str) -> Path:
    """The file of the attempts at the questions of ``source``."""
    return home / source / FILE


def attempts_of(home: Path) -> dict[str, dict[str, Attempt]]:
    """The attempts by source and question, of every source that was ever asked; a damaged file holds none."""
    found = {}
    for path in sorted(home.glob(f"*/{FILE}")):
        try:
            found[path.parent.name] = read_attempts(path)
        except (OSError, ValueError):
            continue
    return found


def read_attempts(path: Path) -> dict[str, Attempt]:
    """The attempts by question. Raises ``OSError``, ``ValueError`` where the file is damaged."""
    try:
        stated: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {name: _attempt(each) for name, each in stated.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a file of attempts: {error!r}") from None


def written(attempts: Mapping[str, Attempt]) -> str:
    """The text of the file."""
    said = {
        name: {
            "at": rfc3339(each.at),
            "outcome": each.outcome,
            "in_vain": each.in_vain,
            "again": each.again and rfc3339(each.again),
            "answered": each.answered and rfc3339(each.answered),
        }
        for name, each in sorted(attempts.items())
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


def _attempt(stated: Mapping[str, Any]) -> Attempt:
    at = instant_of(stated["at"])
    again = stated["again"] if "again" in stated else rfc3339(at + OLDER_HOLD)
    answered = stated.get("answered")
    return Attempt(
        at,
        stated["outcome"],
        stated["in_vain"],
        None if again is None else instant_of(again),
        None if answered is None else instant_of(answered),
    )
