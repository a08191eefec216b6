"""Days that the rows of the tariff files cover, and those that they leave out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from energy.money.dated import Dated
from energy.money.periods import TERRITORIES
from energy.money.tariff import Tariffs

HOLE = "no row"


class Covered(NamedTuple):
    """Days from ``since`` to before ``until`` (None: no end is set) of one rule, and the text that sets it."""

    rule: str
    since: date
    until: date | None
    status: str
    source: str


def coverage(rules: Tariffs) -> list[Covered]:
    """Every row by rule and day, and the holes between them."""
    found = [each for series in _series(rules) for each in _of(series)]
    for tax in rules.taxes.each:
        for rule in tax.rows:
            bounds = rule.value.bounds
            if bounds.number:
                places = ", ".join(sorted(bounds.territories)) if bounds.territories else "everywhere"
                name = f"{tax.name}, {places}, {bounds.words()}"
                found.append(Covered(name, rule.since, rule.until, rule.status, rule.source))
    return sorted(found, key=lambda each: (each.rule, each.since))


def ends(rules: Tariffs, today: date) -> dict[date, list[str]]:
    """First days without a row, the earliest first, and the rules that then have none; holes before today aside."""
    found: dict[date, set[str]] = defaultdict(set)
    for series in _series(rules):
        begun = [until for since, until in series.spans() if since <= today]
        if begun and begun[-1] is not None:
            found[begun[-1]].add(series.name.partition(",")[0])
    return {day: sorted(found[day]) for day in sorted(found)}


def ending(rules: Tariffs, today: date) -> str:
    """The same as a sentence."""
    said = [f"from {day} on there is no row of {', '.join(names)}" for day, names in ends(rules, today).items()]
    return "; ".join(said) or "no rule ends"


def _series(rules: Tariffs) -> Iterator[Dated[Any]]:
    for access in rules.access.values():
        yield from access.periods.values()
        yield from (access.tolls, access.charges, access.losses, access.excess)
    yield from vars(rules.regulated).values()
    for tax in rules.taxes.each:
        for territory in TERRITORIES:
            yield tax.general(territory)


def _of(series: Dated[Any]) -> Iterator[Covered]:
    for rule in series.rows:
        yield Covered(series.name, rule.since, rule.until, rule.status, rule.source)
    for since, until in series.holes():
        yield Covered(series.name, since, until, HOLE, "")
