"""Totals periods of the speed view again where more has changed than the stream brings: readings, or the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args

from conf import Settings
from energy.balance import Register
from energy.calendar import period_end, period_start
from energy.energy_row import EnergyRow, to_us
from energy.topics import BEHIND
from speed_layer.energy_query.totals import Totals, community_totals, installation_totals
from speed_layer.energy_query.windows import Window, by_day
from speed_layer.lookups import Store
from store import catalogue
from store.catalogue import Catalogue
from store.history.memberships import together
from store.history.recounts import Recount
from store.instants import month_of

CONCURRENCY = 16
Times = Mapping[str, Sequence[datetime]]
"""Instants (UTC) by device."""


def total_again(settings: Settings, session: Any, installation: str, samples: Times) -> int:
    """Total the periods that ``samples`` bear on from what is stored, communities too; counts the periods."""
    return _total(session, catalogue.load(settings, session), installation, samples)


def _total(session: Any, known: Catalogue, installation: str, samples: Times) -> int:
    registers = [Register(device, "", sorted(map(to_us, times)), [], [], None) for device, times in samples.items()]
    if not registers:
        return 0
    store = Store(session)
    made = list(installation_totals(store, {installation: registers}, {}, {}, known.limits))
    windows: dict[str, list[Window]] = {}
    for each in made:
        for window in each.windows:
            for of in together(known.of_member(installation), *window):
                windows.setdefault(of.community_id, []).append(window)
    return _write(session, made) + _write(session, _communities(store, known, windows))


def recount(settings: Settings, session: Any, asked: Iterable[Recount], now: datetime) -> int:
    """Total what ``asked`` names again, up to ``now`` (UTC) and as far back as the speed view is kept.

    Communities come last, for they are the sums of what is totalled before. Counts the periods.
    """
    known, store = catalogue.load(settings, session), Store(session)
    windows: dict[str, list[Window]] = {}
    for each in asked:
        window = Window(max(each.start, period_start(now - BEHIND)), min(each.until, period_end(now)))
        if window.start < window.end:
            windows.setdefault(each.installation_id, []).append(window)
    communities = {name: of for name, of in windows.items() if name in known.communities}
    count = 0
    for name in windows.keys() - communities.keys():
        for window in chain.from_iterable(map(by_day, windows[name])):
            count += _total(session, known, name, _sampled(store, name, window))
    return count + _write(session, _communities(store, known, communities))


def _sampled(store: Store, installation: str, window: Window) -> Times:
    """Times at which the installation's devices were sampled in a window of one UTC day."""
    (devices,) = store.devices([installation])
    read = store.between([((installation, device), *window) for device in devices])
    return {device: [each["time"] for each in of] for device, of in zip(devices, read, strict=True) if of}


def _communities(store: Store, known: Catalogue, windows: Mapping[str, Sequence[Window]]) -> Iterator[Totals]:
    return community_totals(store, {name: known.of_community(name) for name in windows}, windows)


def _write(session: Any, made: Iterable[Totals]) -> int:
    names = ("installation_id", "month", *EnergyRow._fields)
    insert = session.prepare(
        f"INSERT INTO energy_speed ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    )
    rows = list(_rows(made))
    for _ in execute_concurrent_with_args(session, insert, rows, CONCURRENCY, results_generator=True):
        pass
    return len(rows)


def _rows(made: Iterable[Totals]) -> Iterator[tuple[Any, ...]]:
    for each in made:
        for row in each.rows:
            yield (each.name, month_of(row.start), *row)
