"""The budget of a source on disk: its questions, and when each may be asked again, so that no call is wasted."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from store.history.attempts import Attempt, read_attempts, written
from store.reports import replace_text, set_aside

KEPT = timedelta(days=60)
"""An answered question is forgotten after so long; what is open or given up stays."""
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Came(Enum):
    """The outcome of a question."""

    ANSWER = "all there is"
    NOTHING = "an answer that holds nothing (yet), or not all"
    REFUSED = "an error of the source"
    TOO_SOON = "the source had been asked the same, by whomever"
    UNREACHED = "nobody was reached"


class Rule(NamedTuple):
    """Rests of a question: after an answer, after each attempt in vain in turn (the last for all after it)."""

    hold: timedelta
    nothing: tuple[timedelta, ...]
    refused: tuple[timedelta, ...]
    given_up: int
    """A question for which so many attempts in a row were in vain is given up."""

    def again(self, at: datetime, in_vain: int, came: Came) -> datetime | None:
        """The instant from which a question asked ``at`` may be asked again, ``in_vain`` times in vain; None: never."""
        if in_vain >= self.given_up:
            return None
        if came in (Came.ANSWER, Came.TOO_SOON):
            return at + self.hold
        waits = self.nothing if came is Came.NOTHING else self.refused
        return at + waits[min(max(in_vain, 1), len(waits)) - 1]


_WAITS = (15 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 24 * _HOUR)
ONCE = Rule(hold=timedelta(days=2), nothing=_WAITS, refused=_WAITS, given_up=16)
"""The rule of what is published once: within hours, then daily, given up after ten days. What was answered is in the
store after the next night, so whatever is missing two days later is asked for anew."""


class Budget:
    """The attempts at every question, in the file ``path``."""

    def __init__(self, path: Path, rule: Rule) -> None:
        self._path, self._rule = path, rule
        self._attempts = _read(path)
        self._before: dict[str, Attempt | None] = {}

    def last(self, question: str) -> Attempt | None:
        """The last attempt; None where the question was never asked."""
        return self._attempts.get(question)

    def wait(self, question: str, now: datetime) -> timedelta | None:
        """The time until the question may be asked, nothing where it may now; None where it is given up."""
        last = self.last(question)
        if last is None:
            return timedelta(0)
        return None if last.again is None else max(timedelta(0), last.again - now)

    def is_due(self, question: str, now: datetime) -> bool:
        """Whether it may be asked ``now``."""
        return self.wait(question, now) == timedelta(0)

    def begin(self, question: str, now: datetime) -> None:
        """Note that the question is asked, before it is: an answer that gets lost has been counted, too."""
        before = self._before[question] = self.last(question)
        in_vain = before.in_vain + 1 if before else 1
        again = self._rule.again(now, in_vain, Came.TOO_SOON)
        self._keep(question, Attempt(now, "asked, and not answered", in_vain, again, before and before.answered))

    def end(self, question: str, now: datetime, outcome: str, came: Came) -> bool:
        """Note what came of the question asked ``now``, begun or not; whether it is given up herewith."""
        before = self._before.pop(question) if question in self._before else self.last(question)
        in_vain, answered = (before.in_vain, before.answered) if before else (0, None)
        if came is Came.ANSWER:
            in_vain, answered = 0, now
        elif came in (Came.NOTHING, Came.REFUSED):
            in_vain += 1
        again = self._rule.again(now, in_vain, came)
        self._keep(question, Attempt(now, outcome, in_vain, again, answered))
        return again is None

    def take_back(self, question: str) -> None:
        """The question that was begun has reached nobody: it is as it was."""
        before = self._before.pop(question)
        if before is not None:
            self._keep(question, before)
        else:
            del self._attempts[question]
            self._write()

    def _keep(self, question: str, attempt: Attempt) -> None:
        self._attempts[question] = attempt
        self._attempts = {
            name: each for name, each in self._attempts.items() if each.in_vain or attempt.at - each.at < KEPT
        }
        self._write()

    def _write(self) -> None:
        replace_text(self._path, written(self._attempts))


def _read(path: Path) -> dict[str, Attempt]:
    """The attempts; none where there is no file, or one that is damaged, which is set aside."""
    try:
        return read_attempts(path)
    except FileNotFoundError:
        return {}
    except ValueError:
        set_aside(path)
        return {}
