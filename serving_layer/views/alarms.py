"""Table ``alarm``: what somebody should look at."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from serving_layer.reader import Reader
from store.history.alarms import LAYERS, STANDING
from store.instants import months, utc, utc_or_none

KEPT_SECONDS = 1.0
"""Pages and streams that look at once share what was read."""
_ALARMS = (
    "SELECT installation_id, device_id, kind, text, raised_at, cleared_at, figures FROM alarm "
    "WHERE layer = ? AND state = ?"
)


def alarms(reader: Reader, start: datetime, end: datetime, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Alarms that stand, of any age, then those raised in [start, end), UTC, and cleared; each newest first.

    ``only`` names the installations; without it the alarms of all are meant.
    """
    cleared = [each for each in history(reader, start, end, only) if each["cleared_at"]]
    return [*_among(_read(reader, [STANDING]), only), *cleared]


def history(
    reader: Reader, start: datetime, end: datetime, only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Alarms raised in [start, end), UTC, whether or not they are cleared, the newest first; ``only`` as above."""
    raised = _read(reader, [f"{month:%Y-%m}" for month in months(start, end)])
    return _among([each for each in raised if start <= each["raised_at"] < end], only)


def standing(reader: Reader, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Alarms that are not cleared, the newest first, at most :data:`KEPT_SECONDS` old; ``only`` as above."""
    return _among(_standing(reader), only)


def with_figures(reader: Reader, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The same, each with the ``figures`` of its kind (``store.history.alarms``), of which its text is made."""
    return [each for each in _standing(reader) if only is None or each["installation_id"] in only]


def _standing(reader: Reader) -> list[dict[str, Any]]:
    return reader.kept("standing alarms", KEPT_SECONDS, lambda: _read(reader, [STANDING]))


def _among(found: list[dict[str, Any]], only: Collection[str] | None) -> list[dict[str, Any]]:
    """The alarms of ``only``, as everybody reads them: figures stand within the text."""
    mine = (each for each in found if only is None or each["installation_id"] in only)
    return [{name: value for name, value in each.items() if name != "figures"} for each in mine]


def _read(reader: Reader, states: list[str]) -> list[dict[str, Any]]:
    answers = reader.each(_ALARMS, [(layer, state) for layer in LAYERS for state in states])
    read = [
        row._asdict() | {"raised_at": utc(row.raised_at), "cleared_at": utc_or_none(row.cleared_at)}
        for rows in answers
        for row in rows
    ]
    return sorted(read, key=lambda alarm: (alarm["raised_at"], alarm["installation_id"]), reverse=True)
