"""Days of prices as a source answers them, without Kafka and Cassandra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from conf import load_settings
from ingest.sources.prices import questions
from ingest.sources.source import Failures, Progress, Record, log


def fetch_days(
    source: str, days: Sequence[date], progress: Progress = log.warning
) -> Iterator[tuple[date, list[Record]]]:
    """Each day that the source answers, and its records; none of a day that it has not published.

    A day that fails is said, and the next asked. Raises :class:`ingest.sources.source.SourceAway`.
    """
    for name, records in Failures().answers(questions(load_settings(), source, days), progress):
        yield date.fromisoformat(name), records
