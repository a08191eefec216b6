"""A session on the views in Cassandra that closes behind itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cassandra.cluster import Session

from conf import Settings, cassandra


@contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """A session on the configured keyspace. Raises :class:`conf.cassandra.CassandraAway`."""
    opened = cassandra.connect(settings)
    try:
        yield opened
    finally:
        opened.cluster.shutdown()
