"""OMIE's own files of prices: a day as it is downloaded, or a year's archive of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path

from energy.calendar import MADRID
from ingest.files.unpack import FileRefused, members
from ingest.publishing.message import Message, message
from ingest.sources.omie import OmieFileError, is_marginal, parse_marginal, parse_report, text_of
from ingest.sources.source import Record

MEANING = "omie"
"""Stands for the mapping that these files do not need."""


@dataclass
class PriceDays:
    """What the files say, by time: of a day that stands in several versions the newest."""

    records: list[Record] = field(default_factory=list)
    """Of topic ``prices``, EUR/MWh, of Spain and Portugal."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """Files of which all or a part can't be read, and why."""


def read_price_days(path: Path, known_at: datetime) -> PriceDays:
    """The days in ``path``, known from ``known_at`` (UTC) on. Raises :class:`FileRefused` where there is none."""
    found = PriceDays()
    by_day: dict[date, list[Record]] = {}
    for name, content in sorted(members(path), key=lambda of: _version(of[0])):
        said: list[str] = []
        text = text_of(content)
        parse = parse_marginal if is_marginal(text) else parse_report
        try:
            records = parse(text, known_at, said.append)
        except OmieFileError as error:
            found.faults[name] = [str(error)]
            continue
        if said:
            found.faults[name] = said
        if records:
            by_day[records[0]["start"].astimezone(MADRID).date()] = records
    if not by_day:
        why = "; ".join(f"{name}: {said[0]}" for name, said in list(found.faults.items())[:3])
        raise FileRefused(f"{path} holds no day of OMIE's prices ({why}). Name what its columns mean by --mapping.")
    found.records = sorted(chain(*by_day.values()), key=lambda record: (record["start"], record["zone"]))
    return found


def messages_of(days: PriceDays, known_at: datetime) -> list[Message]:
    """The records as messages of topic ``prices``, known from ``known_at`` (UTC) on."""
    return [message("prices", record | {"known_at": known_at}) for record in days.records]


def _version(name: str) -> tuple[int, str]:
    """By the number behind the name's last dot, which counts the versions of a day."""
    last = name.rpartition(".")[2]
    return (int(last) if last.isdecimal() else 0), name
