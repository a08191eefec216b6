"""What a source has been asked, on disk, so that no call is wasted on a question that it answers once in a while."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from store.instants import instant_of, rfc3339
from store.reports import replace_text, set_aside


@dataclass(frozen=True)
class Attempt:
    """The last time that a question was asked: when (UTC), what came of it, how often in a row nothing did."""

    at: datetime
    outcome: str
    in_vain: int


class Budget:
    """The attempts at every question, in the file ``path``; a question is asked once in ``hold``."""

    def __init__(self, path: Path, hold: timedelta) -> None:
        self._path, self._hold = path, hold
        self._attempts = _read(path)

    def last(self, question: str) -> Attempt | None:
        """The last attempt; None where the question was never asked."""
        return self._attempts.get(question)

    def wait(self, question: str, now: datetime) -> timedelta:
        """How long until the source will answer; nothing where it does now."""
        last = self.last(question)
        return timedelta(0) if last is None else max(timedelta(0), last.at + self._hold - now)

    def begin(self, question: str, now: datetime) -> None:
        """Note that the question is asked, before it is: an answer that gets lost has been counted, too."""
        last = self.last(question)
        self._note(question, Attempt(now, "asked, and not answered", last.in_vain + 1 if last else 1))

    def end(self, question: str, outcome: str, is_in_vain: bool) -> None:
        """Note what came of the question that was begun."""
        begun = self._attempts[question]
        self._note(question, Attempt(begun.at, outcome, begun.in_vain if is_in_vain else 0))

    def take_back(self, question: str, before: Attempt | None) -> None:
        """The question that was begun has reached nobody: ``before`` it is as it was."""
        if before is not None:
            self._note(question, before)
        else:
            del self._attempts[question]
            self._write()

    def _note(self, question: str, attempt: Attempt) -> None:
        self._attempts[question] = attempt
        self._write()

    def _write(self) -> None:
        said = {
            name: {"at": rfc3339(each.at), "outcome": each.outcome, "in_vain": each.in_vain}
            for name, each in sorted(self._attempts.items())
        }
        replace_text(self._path, json.dumps(said, indent=1, ensure_ascii=False))


def _read(path: Path) -> dict[str, Attempt]:
    """The attempts; none where there is no file, or one that is damaged, which is set aside."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: Attempt(instant_of(at["at"]), at["outcome"], at["in_vain"]) for name, at in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        set_aside(path)
        return {}
