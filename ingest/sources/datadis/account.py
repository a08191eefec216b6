"""The login of Datadis, what it has been asked, and the folder of what it has answered."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sized
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from conf import Settings
from ingest.sources.budget import Budget, Came
from ingest.sources.datadis.client import HOLD, RULE, Datadis, DatadisError
from ingest.sources.datadis.supplies import FILE, Supply, supplies, within
from ingest.sources.source import Progress
from store.history.attempts import attempts_path

NAME = "datadis"


class Stated(NamedTuple):
    """An answer: the question, when it was asked (UTC), its rows, and what distributors say."""

    question: str
    at: datetime
    rows: list[Any]
    word: str


class Account(NamedTuple):
    """One login; of the budget there is one at a time."""

    datadis: Datadis
    budget: Budget
    folder: Path

    def supplies(self, now: datetime) -> list[Supply]:
        """The supplies that it sees, as :func:`ingest.sources.datadis.supplies.supplies` says."""
        return supplies(self.datadis, self.budget, self.folder / FILE, now)

    def ask(self, question: str, now: datetime, path: str, asking: Mapping[str, str]) -> Stated:
        """The answer of ``path``, the attempt noted; :meth:`end` follows. Raises as ``within``."""
        rows = ROWS[path]
        answer = within(self.budget, self.datadis, question, now, lambda: self.datadis.ask(path, asking, rows))
        return Stated(question, now, *answer)

    def end(self, stated: Stated, found: Sized, what: str, progress: Progress) -> None:
        """Note how much of ``what`` was ``found`` in an answer.

        Raises :class:`DatadisError` where that is nothing, and a distributor has an error.
        """
        question, at, _, word = stated
        said = f"{len(found)} {what}{'; ' + word if word else ''}"
        self.budget.end(question, at, said, Came.ANSWER if found else Came.NOTHING)
        if word and not found:
            raise DatadisError(f"the distributor has an error ({word}); it is asked again tomorrow")
        if word:
            progress(f"{question}: {word}")

    def may_ask(self, question: str, now: datetime, is_by_hand: bool) -> bool:
        """Whether the budget lets it be asked: once its pause is over; what is given up, by a person alone, daily."""
        last = self.budget.last(question)
        if last is None:
            return True
        return now >= last.again if last.again else is_by_hand and now >= last.at + HOLD

    def is_due(self, question: str, now: datetime, rest: timedelta, is_by_hand: bool) -> bool:
        """Whether to ask it: never asked, in vain before, or ``rest`` ago; a person may each day, given up or not."""
        last = self.budget.last(question)
        is_old = last is None or last.again is None or last.in_vain > 0 or now - last.at >= rest
        return (is_by_hand or is_old) and self.may_ask(question, now, is_by_hand)


ROWS = {
    "get-consumption-data-v2": "timeCurve",
    "get-contract-detail-v2": "contract",
    "get-max-power-v2": "maxPower",
    "get-reactive-data-v2": "reactiveEnergy",
}
"""The key of an answer's rows, by path."""


def account(settings: Settings) -> Account:
    """The account of the environment's login."""
    env = os.environ
    datadis = Datadis(settings.datadis.base, env.get("DATADIS_USERNAME", ""), env.get("DATADIS_PASSWORD", ""))
    return Account(datadis, Budget(attempts_path(settings.home, NAME), RULE), settings.home / NAME)
