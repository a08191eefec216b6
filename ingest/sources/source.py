"""Sources that can be asked again: their questions, of which each fails alone, and a sentence on each failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timezone
from typing import Any, NamedTuple, Protocol

import requests

from conf.refusal import Refusal
from energy.topics import TopicName
from ingest.sources.budget import Budget, Came

log = logging.getLogger("sources")
Record = dict[str, Any]
Progress = Callable[[str], None]
"""Takes a sentence on each question, its answer, and its unreadable parts."""
PATIENCE = 3
"""Connections in a row that fail, after which a source is away."""


class SourceError(Refusal):
    """A question that the source did not answer with what was asked; the text says why, and what to do."""


class SourceAway(SourceError):
    """The source answers nobody, or not us: the remaining questions are not worth the waits."""


def _answer_or_nothing(records: list[Record]) -> Came:
    return Came.ANSWER if records else Came.NOTHING


class Question(NamedTuple):
    """One request of a source: a day of prices, a municipality's forecast."""

    name: str
    fetch: Callable[[Progress], list[Record]]
    """Asks it; no records where the source has none (yet). Raises :class:`SourceError` or what ``requests`` raises."""
    taken: Callable[[list[Record]], Came] = _answer_or_nothing
    """Called once its records are published; what came of it."""


class Source(Protocol):
    """A source of records of one topic, asked inside its own budget of requests."""

    topic: TopicName

    def missing(self, first: date, last: date) -> Iterable[Question]:
        """Questions for what the platform does not hold of the days ``first`` to ``last`` (excluded)."""
        ...


class Failures:
    """Counts the questions that were asked and those that failed, and notes what came of each in ``budget``."""

    def __init__(self, budget: Budget | None = None, now: datetime | None = None) -> None:
        self.names: list[str] = []
        self.asked = 0
        self._budget, self._now = budget, now or datetime.now(timezone.utc)

    def answers(self, questions: Iterable[Question], progress: Progress) -> Iterator[tuple[str, list[Record]]]:
        """The name and records of each question that is answered; one that fails is said, and the next asked.

        A question counts as answered when the next is asked for: whoever publishes its records has done so then.
        Raises :class:`SourceAway` where no connection is made :data:`PATIENCE` times in a row, or the source says so.
        """
        unreached = 0
        for question in questions:
            self.asked += 1
            try:
                records = question.fetch(progress)
            except SourceAway as error:
                self.names.append(question.name)
                self._note(question.name, str(error), Came.UNREACHED, progress)
                raise
            except (requests.ConnectionError, requests.Timeout) as error:
                unreached += 1
                self._fail(question.name, f"no answer ({type(error).__name__})", Came.UNREACHED, progress)
                if unreached == PATIENCE:
                    raise SourceAway(f"no connection {PATIENCE} times in a row; ask again later") from error
            except requests.RequestException as error:
                self._fail(question.name, f"not answered ({_said(error)})", Came.REFUSED, progress)
            except SourceError as error:
                self._fail(question.name, str(error), Came.REFUSED, progress)
            else:
                unreached = 0
                yield question.name, records
                self._note(question.name, f"{len(records)} records", question.taken(records), progress)

    def _fail(self, name: str, why: str, came: Came, progress: Progress) -> None:
        self.names.append(name)
        progress(f"{name}: {why}")
        self._note(name, why, came, progress)

    def _note(self, name: str, outcome: str, came: Came, progress: Progress) -> None:
        if self._budget is not None and self._budget.end(name, self._now, outcome, came):
            progress(f"{name}: given up, it was asked in vain too often; `solera backfill` asks it all the same")


class Unreadable:
    """Counts the cells and rows of one answer that can't be read, and says so once."""

    def __init__(self, name: str, progress: Progress = log.warning) -> None:
        self._name, self._progress = name, progress
        self._count, self._first = 0, ""

    def add(self, what: object) -> None:
        """Count ``what``, which is left out."""
        self._first = self._first or str(what)[:200]
        self._count += 1

    def __enter__(self) -> Unreadable:
        return self

    def __exit__(self, *_: object) -> None:
        if self._count:
            self._progress(f"{self._name}: {self._count} of its values can't be read and are left out: {self._first}")


def _said(error: requests.RequestException) -> str:
    if error.response is not None and not error.response.ok:
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
