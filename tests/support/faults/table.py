"""The outcome of the kills as a table."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.table import Table

from tests.support.faults.audit import Found

BARS_S = {"kafka": 15.0, "cassandra": 45.0, "speed": 30.0, "gateway": 5.0}
"""Seconds within which data are fresh again after a kill, p95."""
NAMES = {"kafka": "broker", "speed": "streaming driver", "api": "API", "archive": "archive", "nightly": "night"}


@dataclass
class Outcome:
    """What the kills of one part did; ``back_s`` are the seconds until fresh data were served again."""

    part: str
    kills: int = 0
    found: Found = field(default_factory=Found)
    back_s: list[float] = field(default_factory=list)
    load: float = 0.0
    """The machine's load average while it was killed; its cores are busy from their number on."""


def p95(values: Iterable[float]) -> float:
    """The value that 95 % of ``values`` do not exceed: of less than twenty, the greatest."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def meets_bar(outcome: Outcome) -> bool:
    """Whether data were fresh again in time; so too where there is no bar."""
    return p95(outcome.back_s) <= BARS_S.get(outcome.part, math.inf)


def table(outcomes: Iterable[Outcome]) -> Table:
    """One row a part."""
    made = Table(
        "killed", "kills", "lost", "doubled", "kWh error", "fresh again, median s", "p95 s", "bar s", "load",
        title="kill -9 under load",
    )  # fmt: skip
    for outcome in outcomes:
        bar = BARS_S.get(outcome.part)
        back = (
            (f"{statistics.median(outcome.back_s):.1f}", f"{p95(outcome.back_s):.1f}") if outcome.back_s else ("", "")
        )
        made.add_row(
            NAMES.get(outcome.part, outcome.part),
            str(outcome.kills),
            str(outcome.found.lost),
            str(outcome.found.doubled),
            f"{outcome.found.error_kwh:.3f}",
            *back,
            f"{bar:.0f}" if bar else "",
            f"{outcome.load:.1f}",
        )
    return made
