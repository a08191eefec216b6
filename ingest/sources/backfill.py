"""Asks a source again, day by day, for what the platform does not hold yet, and publishes it.

Sources: ``omie`` (spot prices), ``pvpc`` (the public day file), ``apidatos`` (PVPC and spot of the present month),
``esios`` (PVPC and surplus prices, needs ``ESIOS_TOKEN``), ``aemet`` (what :mod:`ingest.sources.aemet.weather` asks
for, needs ``AEMET_API_KEY``).
"""

from __future__ import annotations

from datetime import date

import requests

from conf import Settings
from conf.refusal import Refusal
from ingest.publishing.source_records import Told, publish
from ingest.sources.aemet import weather
from ingest.sources.prices import HELD_BY, fetch_days, missing_days

SOURCES = (*HELD_BY, "aemet")


class BackfillError(Refusal):
    """A source that cannot be asked; the text says why and what to do."""


def backfill(settings: Settings, source: str, first: date, last: date, told: Told) -> int:
    """Publish what ``source`` has of the days ``first`` to ``last`` (the last one excluded) and the platform lacks.

    Returns the number of records published. Raises :class:`BackfillError`, the sources' own errors, ``BulkError``.
    """
    if source not in SOURCES:
        raise BackfillError(f"There is no source {source!r}; there are: {', '.join(SOURCES)}.")
    if source == "aemet":
        return weather.ask(settings, first, last, told)
    days = missing_days(settings, source, first, last)
    told(f"{len(days)} of {(last - first).days} days are missing")
    try:
        return sum(publish(settings, "prices", records, f"{day}", told) for day, records in fetch_days(source, days))
    except requests.RequestException as error:
        raise BackfillError(f"{source} does not answer ({type(error).__name__}); try again later.") from error
