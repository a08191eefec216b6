"""Alarms that have been raised and cleared since a webhook was looked at last."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

RAISED: Literal["alarm.raised"] = "alarm.raised"
CLEARED: Literal["alarm.cleared"] = "alarm.cleared"
Alarm = Mapping[str, Any]
"""A row of :func:`serving_layer.views.alarms.alarms`."""


class Key(NamedTuple):
    """The key of an alarm; ``raised_at`` is UTC."""

    installation_id: str
    device_id: str
    kind: str
    raised_at: datetime


class Event(NamedTuple):
    """An alarm is raised or cleared."""

    type: Literal["alarm.raised", "alarm.cleared"]
    alarm: Alarm

    def id_for(self, webhook_id: str) -> str:
        """The id of the event for the receiver of a webhook; the same event has it again."""
        parts = (webhook_id, self.type, *map(str, key_of(self.alarm)), str(self.alarm["cleared_at"]))
        return "alarm_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def key_of(alarm: Alarm) -> Key:
    """The key of an alarm's row."""
    return Key(*(alarm[name] for name in Key._fields))


def news(announced: Collection[Key], standing: Sequence[Alarm], past: Sequence[Alarm], looked: datetime) -> list[Event]:
    """The events since a webhook was ``looked`` at last (UTC), when the alarms ``announced`` stood; the oldest first.

    ``past`` are the alarms, cleared or not, among which those of ``announced`` that stand no more are looked for. One
    that was raised and cleared since ``looked`` has both events.
    """
    stands = {key_of(each) for each in standing}
    events = [Event(RAISED, each) for each in standing if key_of(each) not in announced]
    for each in past:
        if each["cleared_at"] is None or key_of(each) in stands:
            continue
        if key_of(each) in announced:
            events.append(Event(CLEARED, each))
        elif each["cleared_at"] > looked:
            events += [Event(RAISED, {**each, "cleared_at": None}), Event(CLEARED, each)]
    return sorted(events, key=lambda event: event.alarm["cleared_at"] or event.alarm["raised_at"])


def still_open(announced: Collection[Key], standing: Sequence[Alarm], past: Sequence[Alarm]) -> frozenset[Key]:
    """Alarms whose end is to be announced: those that stand, and those of ``announced`` that ``past`` shows open."""
    is_open = {key_of(each) for each in past if each["cleared_at"] is None}
    return frozenset({key_of(each) for each in standing} | is_open.intersection(announced))
