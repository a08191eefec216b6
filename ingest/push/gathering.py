"""Values that come one by one, gathered into readings of their devices until they are kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ingest.push.payload import NoValue, content_of, number_at, time_at
from ingest.push.rules import DeviceRules

MOST_WAITING = 10_000
"""Readings that wait for the disk; a broker sends few that it must have acknowledged, but any number of others."""
MOST_REASONS = 100
Part = tuple[str, int]
"""A field, and which of the inputs that it is the sum of."""
MILLISECOND = timedelta(milliseconds=1)


@dataclass(eq=False)
class Draft:
    """A reading that may still gain values; ``receipts`` are of the messages that must be acknowledged with it."""

    device: DeviceRules
    time: datetime
    values: dict[Part, float] = field(default_factory=dict)
    receipts: list[int] = field(default_factory=list)
    taken: int = 0
    """The number of times it was to be taken."""

    @property
    def fields(self) -> dict[str, float]:
        """The fields of which every part has come."""
        wanted = {name: [(name, at) for at in range(len(parts))] for name, parts in self.device.inputs.items()}
        return {
            name: sum(self.values[part] for part in parts)
            for name, parts in wanted.items()
            if self.values.keys() >= set(parts)
        }

    @property
    def incomplete(self) -> set[str]:
        """The fields of which a part has come, and another has not."""
        return {name for name, _ in self.values} - self.fields.keys()


class Gathering:
    """Makes drafts of messages; threads may share it."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self.dropped: Counter[str] = Counter()
        """The number of values dropped, by reason."""
        self._now, self._lock = now, threading.Lock()
        self._drafts: list[Draft] = []
        self._open: dict[str, Draft] = {}
        self._last: dict[str, datetime] = {}

    def add(self, devices: Sequence[DeviceRules], topic: str, payload: bytes, receipt: int, is_old: bool) -> bool:
        """Add what ``devices`` say of a message; whether any of it is to be kept.

        ``is_old``: the broker had kept the message for whoever comes, so that it is of now only where it says its time.
        """
        with self._lock:
            return sum(self._add(device, topic, payload, receipt, is_old) for device in devices) > 0

    def _add(self, device: DeviceRules, topic: str, payload: bytes, receipt: int, is_old: bool) -> bool:
        rules = {
            (str(name), at): rule
            for name, parts in device.inputs.items()
            for at, rule in enumerate(parts)
            if rule.input == topic
        }
        if not rules or (is_old and device.time is None):
            return False
        try:
            content = content_of(payload)
            said = time_at(content, device.time) if device.time else None
        except NoValue as error:
            self._drop(topic, str(error))
            return False
        values: dict[Part, float] = {}
        for part, rule in rules.items():
            try:
                values[part] = number_at(content, rule.path) * rule.factor
            except NoValue as error:
                self._drop(topic, str(error))
        if not values:
            return False
        if len(self._drafts) >= MOST_WAITING:
            self._drop(topic, "the disk takes nothing, and too much waits for it")
            return False
        draft = self._draft(device, said, values)
        draft.values |= values
        draft.receipts.append(receipt)
        return True

    def _draft(self, device: DeviceRules, said: datetime | None, values: dict[Part, float]) -> Draft:
        """The device's open draft, or a new one where a value would hide another, or the time is another."""
        name = f"{device.installation_id}/{device.device_id}"
        held = self._open.get(name)
        if held is not None and not (held.values.keys() & values.keys()) and said in (None, held.time):
            return held
        time = said or self._arrival(name)
        self._open[name] = draft = Draft(device, time)
        self._drafts.append(draft)
        return draft

    def _arrival(self, name: str) -> datetime:
        """Now, in ms; later than the device's last, for a reading's name is its time."""
        now = self._now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if (last := self._last.get(name)) is not None and now <= last:
            now = last + MILLISECOND
        self._last[name] = now
        return now

    def take(self) -> list[Draft]:
        """The drafts gathered, which gain no values any more; one that lacks a part of a sum waits once for it."""
        with self._lock:
            waiting = [draft for draft in self._drafts if not draft.taken and draft.incomplete]
            taken = [draft for draft in self._drafts if draft.taken or not draft.incomplete]
            for draft in taken:
                for name in draft.incomplete if draft.taken == 1 else ():
                    self._drop(f"{draft.device.device_id} {name}", "a part of the sum has not come with the others")
            for draft in self._drafts:
                draft.taken += 1
            self._drafts = waiting
            self._open = {name: draft for name, draft in self._open.items() if draft in waiting}
            return taken

    def give_back(self, drafts: list[Draft]) -> None:
        """Put back drafts that could not be kept, before what has come since."""
        with self._lock:
            self._drafts = drafts + self._drafts

    def _drop(self, topic: str, why: str) -> None:
        reason = f"{topic[:100]}: {why}"
        if reason in self.dropped or len(self.dropped) < MOST_REASONS:
            self.dropped[reason] += 1
