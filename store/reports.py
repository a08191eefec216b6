"""Reports of a process on itself in ``<home>/run/<name>.json``, for ``/healthz``, ``solera status`` and the watch."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from conf.refusal import Refusal
from store.instants import instant_of, rfc3339

_FAILED_NIGHT = "nightly-failed.json"
FRESH_SECONDS = 6.0
"""A process whose report is older no longer works."""


class NoReport(Refusal):
    """A process has not reported, or not lately; the text says so."""


def write_report(path: Path, state: dict[str, Any]) -> None:
    """Replace the report by ``state`` and the time it was written."""
    replace_text(path, json.dumps({"written_at": rfc3339(datetime.now(timezone.utc)), **state}))


def read_report(path: Path, whose: str) -> dict[str, Any]:
    """The report of a process that works. Raises :class:`NoReport`."""
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NoReport(f"{whose} has not reported; `solera up` starts it") from None
    age = (datetime.now(timezone.utc) - instant_of(report["written_at"])).total_seconds()
    if age > FRESH_SECONDS:
        raise NoReport(f"{whose} last reported {age:.0f} s ago")
    return report


def note_failed_night(run: Path) -> None:
    """Remember in the folder ``run`` of a home that a night has failed now."""
    write_report(run / _FAILED_NIGHT, {})


def failed_night(run: Path) -> datetime | None:
    """The time when a night of this home last failed, UTC; None where none ever did."""
    try:
        return instant_of(json.loads((run / _FAILED_NIGHT).read_text(encoding="utf-8"))["written_at"])
    except FileNotFoundError:
        return None


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``; whoever reads meanwhile gets the old text or the new, after a power cut, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, beside where it stood, for whoever wants to look; returns where it is."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}")
    path.replace(aside)
    return aside
