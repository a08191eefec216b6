"""Capacities that an installation was built for, and when: table ``capacity``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from store.history.periods import Period, period_of

CAPACITIES = "SELECT installation_id, start, until, capacity_kw FROM capacity"
INSERT = "INSERT INTO capacity (installation_id, start, until, capacity_kw) VALUES (?, ?, ?, ?)"
DELETE = "DELETE FROM capacity WHERE installation_id = ? AND start = ?"


def periods_by_installation(rows: Iterable[Any]) -> dict[str, list[Period[float]]]:
    """The capacities (kW) of the rows of :data:`CAPACITIES` by installation, in order of time."""
    found: dict[str, list[Period[float]]] = defaultdict(list)
    for row in sorted(rows, key=attrgetter("start")):
        found[row.installation_id].append(period_of(row.capacity_kw, row))
    return found
