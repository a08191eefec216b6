"""The data that the views of energy are made of, as known when a question begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import NamedTuple

from serving_layer.reader import Reader
from serving_layer.views import merged
from store.runs import Published

IDS_KEPT_SECONDS = 2.0
"""The energy of a new installation is seen after at most this."""
IDS = "SELECT installation_id FROM installation"


class Known(NamedTuple):
    """The published runs, the installations of the catalogue, and the day (UTC)."""

    published: Published
    installation_ids: frozenset[str]
    today: date


def knowing(reader: Reader) -> Callable[[], Known]:
    """Reads it. Raises :class:`serving_layer.reader.StoreAway`."""

    def known() -> Known:
        ids = reader.kept("sql ids", IDS_KEPT_SECONDS, lambda: frozenset(row[0] for row in reader.rows(IDS)))
        return Known(merged.seen(reader), ids, datetime.now(timezone.utc).date())

    return known
