"""The state of a webhook on disk, so that a restart loses nothing: alarms it has announced, deliveries that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from conf import Settings
from serving_layer.webhooks.news import Key
from store.reports import set_aside
from store.web.tokens import replace_secret

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
"""Pause after a first failure, and the longest to which doubling it comes."""
KEPT = timedelta(hours=24)
"""Time after which a delivery is given up."""
MOST = 1_000
"""Deliveries that wait; beyond it the oldest are given up."""


@dataclass(frozen=True)
class Delivery:
    """A body on its way, of an alarm of ``installation_id``; ``since`` is UTC."""

    id: str
    installation_id: str
    body: str
    since: datetime


@dataclass(frozen=True)
class Backlog:
    """The state of one webhook; instants are UTC. ``failures`` are those in a row, ``error`` is that of the last.

    ``announced`` are the alarms that were sent as raised and not yet as cleared.
    """

    looked: datetime
    announced: frozenset[Key] = frozenset()
    waiting: tuple[Delivery, ...] = ()
    failures: int = 0
    next_at: datetime | None = None
    delivered: int = 0
    delivered_at: datetime | None = None
    given_up: int = 0
    error: str = ""
    has_ended: bool = False

    def is_due(self, now: datetime) -> bool:
        """Whether the first that waits is to be sent."""
        return bool(self.waiting) and not self.has_ended and (self.next_at is None or now >= self.next_at)

    def noted(self, announced: frozenset[Key], new: Sequence[Delivery], now: datetime) -> Backlog:
        """The backlog with ``new`` deliveries behind those that wait."""
        known = {each.id for each in self.waiting}
        waiting = (*self.waiting, *(each for each in new if each.id not in known))
        kept = waiting[-MOST:]
        given_up = self.given_up + len(waiting) - len(kept)
        return replace(self, looked=now, announced=announced, waiting=kept, given_up=given_up)

    def only_of(self, installation_ids: Collection[str]) -> Backlog:
        """The backlog without what is of other installations: its owner may see them no more."""
        return replace(
            self,
            announced=frozenset(each for each in self.announced if each.installation_id in installation_ids),
            waiting=tuple(each for each in self.waiting if each.installation_id in installation_ids),
        )

    def after_delivery(self, now: datetime) -> Backlog:
        """The backlog once the first that waited has been taken."""
        return replace(
            self,
            waiting=self.waiting[1:],
            failures=0,
            next_at=None,
            delivered=self.delivered + 1,
            delivered_at=now,
            error="",
        )

    def after_failure(self, error: str, now: datetime) -> Backlog:
        """The backlog once the first that waits has not been taken; all wait until the pause is over."""
        kept = tuple(each for each in self.waiting if now - each.since < KEPT)
        return replace(
            self,
            waiting=kept,
            failures=self.failures + 1,
            next_at=now + pause(self.failures + 1),
            given_up=self.given_up + len(self.waiting) - len(kept),
            error=error,
        )

    def ended(self, error: str) -> Backlog:
        """The backlog of a receiver that wants no more."""
        return replace(self, waiting=(), announced=frozenset(), error=error, has_ended=True)


_BACKLOG = TypeAdapter(Backlog)


def pause(failures: int) -> timedelta:
    """The time until the next attempt after ``failures`` in a row."""
    doublings = min(failures - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def folder(settings: Settings) -> Path:
    """The folder of the backlogs, ``<id>.json`` each."""
    return settings.home / "webhooks"


def read(path: Path) -> Backlog | None:
    """The backlog at ``path``; None where there is none. A damaged one is set aside."""
    try:
        return _BACKLOG.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        set_aside(path)
        return None


def write(path: Path, backlog: Backlog) -> None:
    """Keep ``backlog`` at ``path``."""
    replace_secret(path, _BACKLOG.dump_json(backlog).decode())
