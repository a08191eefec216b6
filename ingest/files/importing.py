"""Publishes what was understood of a file: intervals, or readings of a device.

What a file says is known from its first import on: twice the same file and mapping makes the same records, which are
dropped as repeats; a corrected file is known later, and wins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conf import Settings
from energy.topics import TOPICS
from ingest.files.mapping import FileMapping
from ingest.files.understood import Understood
from ingest.publishing.message import Message, message
from store.instants import rfc3339
from store.reports import replace_text


def first_known(settings: Settings, path: Path, meaning: str, now: datetime) -> datetime:
    """The instant (UTC) of this file's first import by that meaning: ``now`` if never; kept in ``<home>/imports``."""
    name = hashlib.sha256(path.read_bytes() + meaning.encode()).hexdigest()
    memory = settings.home / "imports" / f"{name}.json"
    if not memory.exists():
        replace_text(memory, json.dumps({"known_at": rfc3339(now)}))
    return datetime.fromisoformat(json.loads(memory.read_text())["known_at"].replace("Z", "+00:00"))


def messages(understood: Understood, mapping: FileMapping, known_at: datetime) -> Iterator[Message]:
    """The records of ``understood``, by time."""
    common: dict[str, Any] = {"schema": 1, "installation_id": mapping.installation_id}
    rows = understood.rows
    times = {"start" if mapping.topic == "intervals" else "time": _text(rows["start"])}
    if mapping.topic == "intervals":
        common["meter_id"] = mapping.meter_id or understood.meter
        times["end"] = _text(rows["end"])
        methods = rows["method"].tolist() if "method" in rows else ["measured"] * len(rows)
        times["method"] = methods
        last = {"source": mapping.source, "known_at": rfc3339(known_at.astimezone(timezone.utc))}
    else:
        common |= {"device_id": mapping.device_id, "device_kind": mapping.device_kind}
        last = {"source": mapping.source}
    kinds = TOPICS[mapping.topic].columns
    columns = {**times, **{name: _values(rows[name], kinds[name]) for name in understood.fields}}
    for values in zip(*columns.values(), strict=True):
        said = {name: value for name, value in zip(columns, values, strict=True) if value == value}
        yield message(mapping.topic, {**common, **said, **last})


def _values(column: pd.Series[Any], kind: str) -> list[Any]:
    """The values of a field, whole where its ``kind`` is."""
    values: list[Any] = column.tolist()
    return [value if value != value else int(value) for value in values] if kind == "bigint" else values


def _text(instants: pd.Series[Any]) -> list[str]:
    plain = instants.dt.tz_convert(None).to_numpy().astype("datetime64[ms]")
    return [f"{each}Z" for each in np.datetime_as_string(plain, unit="ms")]
