"""Reactive energy of each month and period as Datadis states it (get-reactive-data-v2), into table ``reactive_energy``.

No answer of it was seen: the documentation's form is read, its numbers taken as kvarh, those below 0 as capacitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ingest.sources.datadis.forms import signed_number
from ingest.sources.datadis.monthly import Asked, Kind
from ingest.sources.datadis.registered import Table
from ingest.sources.source import Record, Unreadable

PERIODS = range(1, 7)
MOST_KVARH = 1e9


def reactive(rows: Iterable[Any], asked: Asked, unreadable: Unreadable) -> list[Record]:
    """The energy of each period of the month (varh); what can't be read goes to ``unreadable``."""
    found: dict[int, float] = {}
    for row in _months(rows):
        if str(row.get("date")).replace("-", "/")[:7] == f"{asked.month:%Y/%m}":
            for period in PERIODS:
                value = row.get(f"energy_p{period}")
                kvarh = signed_number(value, MOST_KVARH)
                if kvarh is not None:
                    found[period] = round(kvarh * 1000, 3)
                elif value not in (None, ""):
                    unreadable.add(f"energy_p{period} {value}")
    return [{"period": f"P{period}", "energy_varh": found[period]} for period in sorted(found)]


REACTIVE = Kind(
    "reactive",
    "get-reactive-data-v2",
    Table("reactive_energy", ("energy_varh",)),
    reactive,
    frozenset((1, 2, 3, 4)),  # above 15 kW
)


def _months(rows: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The months in an answer: below ``energy`` of its object, or listed as they are."""
    for row in rows:
        if isinstance(row, Mapping):
            below = row.get("energy", [row])
            yield from (each for each in (below if isinstance(below, list) else [below]) if isinstance(each, Mapping))
