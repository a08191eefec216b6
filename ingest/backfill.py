"""Asks a source again, day by day, for what the platform does not hold yet, and publishes it.

Sources: ``omie`` (spot prices), ``pvpc`` (the public day file), ``apidatos`` (PVPC and spot of the present month),
``esios`` (PVPC and surplus prices, needs ``ESIOS_TOKEN``), ``aemet`` (today's municipal forecasts of every
installation's municipality, ``AEMET_API_KEY``).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conf import Settings
from conf.cassandra import connect
from energy.records import MESSAGE_KEY
from ingest import aemet_forms
from ingest.aemet import Aemet, NoDataError
from ingest.bulk import Keyed, publish_all
from ingest.instants import rfc3339
from ingest.price_sources import HELD_BY, fetch_days, missing_days

SOURCES = (*HELD_BY, "aemet")
Told = Callable[[str], None]


class BackfillError(RuntimeError):
    """A source that cannot be asked; the text says why and what to do."""


def backfill(settings: Settings, source: str, first: date, last: date, told: Told) -> int:
    """Publish what ``source`` has of the days ``first`` to ``last`` (the last one excluded) and the platform lacks.

    Returns the number of records published. Raises :class:`BackfillError`, the sources' own errors, ``BulkError``.
    """
    if source not in SOURCES:
        raise BackfillError(f"There is no source {source!r}; there are: {', '.join(SOURCES)}.")
    if source == "aemet":
        return _weather(settings, told)
    days = missing_days(settings, source, first, last)
    told(f"{len(days)} of {(last - first).days} days are missing")
    return sum(_publish(settings, "prices", records, f"{day}", told) for day, records in fetch_days(source, days))


def _weather(settings: Settings, told: Told) -> int:
    """The hourly and daily forecasts of every registered municipality, each answer kept as issued."""
    aemet = Aemet(os.environ.get("AEMET_API_KEY", ""))
    count = 0
    for code in _municipalities(settings):
        for kind, read in (("horaria", aemet_forms.hourly_forecast), ("diaria", aemet_forms.daily_forecast)):
            try:
                raw, body = aemet.fetch(f"/prediccion/especifica/municipio/{kind}/{code}")
            except NoDataError as error:
                told(f"{code} {kind}: {error}")
                continue
            records = read(body, code)
            _keep(settings.home / "issued" / "aemet" / kind / code, raw, records[0]["issued_at"])
            count += _publish(settings, "weather", records, f"{code} {kind}", told)
    return count


def _municipalities(settings: Settings) -> list[str]:
    session = connect(settings)
    try:
        rows = session.execute("SELECT municipality_code FROM installation")
        codes = sorted({row.municipality_code for row in rows if row.municipality_code})
    finally:
        session.cluster.shutdown()
    if not codes:
        raise BackfillError("No installation has a municipality_code; `solera register` one to get its weather.")
    return codes


def _keep(folder: Path, raw: bytes, issued_at: datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{issued_at:%Y%m%dT%H%M%SZ}.json.gz").write_bytes(gzip.compress(raw, mtime=0))


def _publish(settings: Settings, topic: str, records: Sequence[dict[str, Any]], name: str, told: Told) -> int:
    key = MESSAGE_KEY[topic]
    messages = (Keyed(record[key].encode(), json.dumps(record, default=rfc3339).encode()) for record in records)
    count = publish_all(settings, topic, messages) if records else 0
    told(f"{name}: {count} records" if count else f"{name}: not published by the source (yet)")
    return count
