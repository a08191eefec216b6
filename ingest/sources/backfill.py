"""Asks a source again for what the platform does not hold yet, question by question, and publishes the answers.

docs/prices.md, docs/forecasts.md and docs/datadis.md say what each source gives, and which need a key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from conf import Settings
from ingest.publishing.bulk import publish_all, require_topic
from ingest.publishing.message import message
from ingest.sources.aemet.weather import Forecasts, Observations
from ingest.sources.budget import ONCE, Budget
from ingest.sources.datadis.consumption import Consumption
from ingest.sources.prices import DAILY, PriceSource
from ingest.sources.source import Failures, Progress, Source, SourceAway, SourceError
from store.history.attempts import attempts_path

SOURCES: dict[str, tuple[Callable[[Settings], Source], ...]] = {
    **{name: (partial(PriceSource, name=name),) for name in DAILY},
    "aemet": (Forecasts, Observations),
    "datadis": (partial(Consumption, is_by_hand=True),),
}
_KEEPS_ITS_OWN = "datadis"


class BackfillError(SourceError):
    """A source that can't be asked, or did not answer all; the text says why and what to do."""


def backfill(settings: Settings, source: str, first: date, last: date, progress: Progress) -> int:
    """Publish what ``source`` has of the days ``first`` to ``last`` (the last one excluded) and the platform lacks.

    Returns the number of records published. Raises :class:`BackfillError`, after all that is answered is published,
    where a question failed; :class:`SourceError` of a source that answers nobody; ``BulkError``.
    """
    if source not in SOURCES:
        raise BackfillError(f"There is no source {source!r}; there are: {', '.join(SOURCES)}.")
    failures = failures_of(settings, source)
    count = sum(ask(settings, each(settings), (first, last), progress, failures) for each in SOURCES[source])
    if failures.names:
        failed = f"{len(failures.names)} questions, {failures.names[0]} first"
        raise BackfillError(
            f"Published {count} records; {source} left open {failed}. The reasons stand above; ask again later."
        )
    return count


def failures_of(settings: Settings, source: str, now: datetime | None = None) -> Failures:
    """A count of what fails of ``source``; what came of each question is noted, as Datadis does by itself."""
    if source == _KEEPS_ITS_OWN:
        return Failures()
    return Failures(Budget(attempts_path(settings.home, source), ONCE), now)


def ask(settings: Settings, source: Source, span: tuple[date, date], progress: Progress, failures: Failures) -> int:
    """Publish the answers to every question of ``source`` for the days in ``span``; how many records there were.

    Raises ``BulkError``, before anything is asked where Kafka is away: an answer would be lost, and the call with it.
    """
    require_topic(settings, source.topic)
    count = 0
    try:
        for name, records in failures.answers(source.missing(*span), progress):
            if records:
                count += publish_all(settings, source.topic, (message(source.topic, record) for record in records))
            progress(f"{name}: {len(records)} records" if records else f"{name}: nothing there (yet)")
    except SourceAway as error:
        if not count:
            raise
        progress(f"the rest is not asked for: {error}")
    return count
