"""The contracts of the supplies that are registered: asked for weekly, kept in ``<home>/datadis/contracts.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from conf import Settings
from energy.money.community.numbers import supply as number
from energy.money.official.supply import StatedContract
from ingest.sources.budget import Came
from ingest.sources.datadis import contract
from ingest.sources.datadis.account import NAME, Account, account
from ingest.sources.datadis.registered import Registered
from ingest.sources.datadis.supplies import Supply, remembered
from ingest.sources.source import Progress, Question, Record
from store.instants import instant_of, rfc3339
from store.reports import replace_text

REST = timedelta(days=7)
"""Time between two questions about a contract without a person."""
FILE = "contracts.json"


class Answer(NamedTuple):
    """The answer of Datadis about a supply, and when it came (UTC)."""

    at: datetime
    contracts: list[StatedContract]


class Contracts:
    """The questions of get-contract-detail; ``is_by_hand``: asked by a person, to whom none is given up."""

    def __init__(
        self, settings: Settings, now: datetime, registered: Registered | None = None, is_by_hand: bool = False
    ) -> None:
        self._registered, self._now, self._is_by_hand = registered or Registered(settings), now, is_by_hand
        self._account: Account = account(settings)
        self._memory = settings.home / NAME / FILE

    def missing(self) -> Iterator[Question]:
        """A question for each supply that is registered. Raises ``LoginRefused``, :class:`DatadisError`."""
        homes = {number(home.cups) for home in self._registered.homes()}
        known = self._account.supplies(self._now) if homes else []
        for supply in known:
            name = f"{supply.cups}-contract"
            is_asked = number(supply.cups) in homes and supply.is_valid_in(self._now.date())
            if is_asked and self._account.is_due(name, self._now, REST, self._is_by_hand):
                yield Question(name, partial(self._fetch, supply, name), partial(self._remember, supply))

    def _fetch(self, supply: Supply, name: str, progress: Progress) -> list[Record]:
        stated = self._account.ask(name, self._now, "get-contract-detail-v2", supply.named)
        found = contract.contracts(stated.rows)
        self._account.end(stated, found, "contracts", progress)
        return contract.kept(stated.rows) if found else []

    def _remember(self, supply: Supply, rows: list[Record]) -> Came:
        if rows:
            said = remembered(self._memory) | {number(supply.cups): {"at": rfc3339(self._now), "rows": rows}}
            replace_text(self._memory, json.dumps(said))
        return Came.ANSWER


def answers(home: Path) -> dict[str, Answer]:
    """The kept answers about each supply, by the first 20 characters of its CUPS."""
    said = remembered(home / NAME / FILE)
    return {cups: Answer(instant_of(each["at"]), contract.contracts(each["rows"])) for cups, each in said.items()}
