"""Nodes of Cassandra that go while others stay: what the connector asked of them never comes."""

from __future__ import annotations

import math
import time

from cassandra.cluster import Session

LOST_SECONDS = 10.0
"""Time after the loss of a node at which a job ends that has not moved since: the connector reads the schema before
each write, and waits for ever where the node that it asks goes meanwhile."""


class Losses:
    """The losses of nodes of Cassandra, as the driver sees them."""

    def __init__(self) -> None:
        self._up: frozenset[str] = frozenset()
        self._lost_at = -math.inf

    def look(self, up: frozenset[str]) -> None:
        """Note which nodes are up now."""
        if self._up - up:
            self._lost_at = time.monotonic()
        self._up = up

    @property
    def seconds(self) -> float:
        """Seconds since the last loss of a node; infinite where none was lost."""
        return time.monotonic() - self._lost_at


def nodes_up(views: Session) -> frozenset[str]:
    """Addresses of the nodes to which the driver has connections."""
    return frozenset(host.address for host in views.cluster.metadata.all_hosts() if host.is_up)
