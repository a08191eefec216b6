"""Rules that hold from a day to a day: the row of a day is found, or the day is refused. Nothing is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar

Value = TypeVar("Value")

IN_FORCE, CONDITIONAL = "in force", "conditional"


class NoRule(LookupError):
    """No row covers the day: it lies before the first one, after the last one, or between two."""


@dataclass(frozen=True)
class Rule(Generic[Value]):
    """A value that holds in [``since``, ``until``); ``until`` None: no end is set. ``source``: its legal text."""

    since: date
    until: date | None
    value: Value
    source: str
    status: str = IN_FORCE

    def covers(self, day: date) -> bool:
        """Whether ``day`` lies in it."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Dated(Generic[Value]):
    """The rows of one rule, by their first day."""

    name: str
    rows: tuple[Rule[Value], ...]

    def on(self, day: date) -> Rule[Value]:
        """The row of ``day``. Raises :class:`NoRule`."""
        for rule in self.rows:
            if rule.covers(day):
                return rule
        raise NoRule(f"{self.name}: no row covers {day}; {self.covered()}")

    def on_or_last(self, day: date) -> tuple[Rule[Value], bool]:
        """The row of ``day``, or after the last row that one, and whether it stands in. Raises :class:`NoRule`."""
        last = self.rows[-1]
        if last.until is not None and day >= last.until:
            return last, True
        return self.on(day), False

    def covered(self) -> str:
        """The days that have a row, as a sentence."""
        spans = ", ".join(f"{since} to {'now on' if until is None else until}" for since, until in self.spans())
        return f"there are rows from {spans} (the last day excluded)"

    def spans(self) -> list[tuple[date, date | None]]:
        """Days with a row, those in a row together: the first, and the first day after them."""
        found: list[tuple[date, date | None]] = []
        for rule in self.rows:
            if found and found[-1][1] == rule.since:
                found[-1] = (found[-1][0], rule.until)
            else:
                found.append((rule.since, rule.until))
        return found

    def holes(self) -> list[tuple[date, date]]:
        """Days between two rows that no row covers: the first, and the first day after them."""
        spans = self.spans()
        ends = ((until, later[0]) for (_, until), later in pairwise(spans))
        return [(until, since) for until, since in ends if until is not None]


class Overlap(ValueError):
    """Two rows of one rule hold on the same day, or a row ends before it begins."""


def dated(name: str, rows: Iterable[Rule[Value]]) -> Dated[Value]:
    """The rows of a rule, sorted. Raises :class:`Overlap`."""
    ordered = sorted(rows, key=lambda rule: rule.since)
    for rule in ordered:
        if rule.until is not None and rule.until <= rule.since:
            raise Overlap(f"{name}: the row from {rule.since} ends on {rule.until}, before it begins")
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until > later.since:
            raise Overlap(f"{name}: the rows from {earlier.since} and from {later.since} both hold on {later.since}")
    return Dated(name, tuple(ordered))
