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
MILLISECOND = timedelta(milliseconds=1)


@dataclass
class Draft:
    """A reading that may still gain fields; ``receipts`` are of the messages that must be acknowledged with it."""

    device: DeviceRules
    time: datetime
    fields: dict[str, float] = field(default_factory=dict)
    receipts: list[int] = field(default_factory=list)


class Gathering:
    """Makes drafts of messages; threads may share it."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self.dropped: Counter[str] = Counter()
        """By reason, how many values were dropped."""
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
        rules = {name: rule for name, rule in device.inputs.items() if rule.input == topic}
        if not rules or (is_old and device.time is None):
            return False
        try:
            content = content_of(payload)
            said = time_at(content, device.time) if device.time else None
        except NoValue as error:
            self._drop(topic, str(error))
            return False
        values: dict[str, float] = {}
        for name, rule in rules.items():
            try:
                values[name] = number_at(content, rule.path) * rule.factor
            except NoValue as error:
                self._drop(topic, str(error))
        if not values:
            return False
        if len(self._drafts) >= MOST_WAITING:
            self._drop(topic, "the disk takes nothing, and too much waits for it")
            return False
        draft = self._draft(device, said, values)
        draft.fields |= values
        draft.receipts.append(receipt)
        return True

    def _draft(self, device: DeviceRules, said: datetime | None, values: dict[str, float]) -> Draft:
        """The device's open draft, or a new one where a value would hide another, or the time is another."""
        name = f"{device.installation_id}/{device.device_id}"
        held = self._open.get(name)
        if held is not None and not (held.fields.keys() & values.keys()) and said in (None, held.time):
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
        """The drafts gathered, which gain no fields any more."""
        with self._lock:
            taken, self._drafts, self._open = self._drafts, [], {}
            return taken

    def give_back(self, drafts: list[Draft]) -> None:
        """What could not be kept waits on, before what has come since."""
        with self._lock:
            self._drafts = drafts + self._drafts

    def _drop(self, topic: str, why: str) -> None:
        reason = f"{topic[:100]}: {why}"
        if reason in self.dropped or len(self.dropped) < MOST_REASONS:
            self.dropped[reason] += 1
