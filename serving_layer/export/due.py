"""UTC days that an export has to write: those that runs have changed since the last, and those now under the cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from energy.calendar import dates, midnight
from serving_layer.instants import Span
from serving_layer.views.revisions import Change

DAY = timedelta(days=1)


class Exported(NamedTuple):
    """The state that the last export left: the runs that it had seen, their cut, and of whom there is energy."""

    run_ids: frozenset[str]
    cut: datetime | None
    installations: frozenset[str]


def due(
    communities: Mapping[str, str | None], changed: Iterable[Change], begins: Mapping[str, date], cut: datetime
) -> dict[str, list[Span]]:
    """The stretches of whole UTC days of each installation that are to be written, by time.

    They are every day from that of ``begins`` up to ``cut``, and those that ``changed`` names. ``communities`` says of
    each installation the one that changes with it.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for each in changed:
        days[each.installation_id].add(each.day)
        if community := communities.get(each.installation_id):
            days[community].add(each.day)
    for installation, first in begins.items():
        if midnight(first) < cut:
            days[installation].update(dates(first, (cut - timedelta(microseconds=1)).date()))
    return {installation: list(stretches(sorted(days[installation]))) for installation in begins}


def stretches(days: list[date]) -> Iterable[Span]:
    """Days that follow on each other as one span."""
    edges = [n for n, (day, following) in enumerate(pairwise(days), 1) if following - day > DAY]
    for begin, end in pairwise([0, *edges, len(days)]):
        if begin < end:
            yield Span(midnight(days[begin]), midnight(days[end - 1] + DAY))
