"""Official bills with one known fault each, communities that must lose no mWh, and periods beside published prices.

solera bench bills                           # all
solera bench bills differ conserve periods   # some

Bars: all euros of 1,000 differences explained, the largest part under the right cause in 99 %; 0 mWh off in 10,000
communities; 0 published hours in another period (those of the shared data).
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
from rich.console import Console

from conf.tariffs import tariffs
from energy.money.community.agreement import ONE
from energy.money.community.settled import UNKNOWN, Stated, share_month
from energy.money.official.difference import causes
from energy.money.official.statement import statement
from energy.money.pvpc import tolls
from serving_layer.views.money.official import ours
from tests.support.money.faulty import FAULTS, billed, home
from tests.support.recorded import SHARED

BILLS, COMMUNITIES = 1_000, 10_000
RIGHT = 0.99
LOSSES_EUR_MWH = 8.0
"""Two periods' losses of a kWh differ by less, their tolls by more."""


def differ(console: Console) -> bool:
    """Each of 1,000 bills with a fault: what the causes add up to, and which is the largest."""
    began, dice = time.monotonic(), random.Random(10)
    unexplained, wrong = Decimal(0), Counter[str]()
    for n in range(BILLS):
        of, fault = home(dice), FAULTS[n % len(FAULTS)]
        made, mine = fault(of, dice), ours(billed(of))
        official = statement(made.lines)
        found = causes(mine, official, None if made.on_their_days is None else ours(made.on_their_days))
        difference = (official.total or 0) - (mine.said.total or 0)
        unexplained += abs(sum((each.eur for each in found), Decimal(0)) - Decimal(str(float(difference))))
        largest = max(found, key=lambda each: abs(each.eur))
        if largest.cause != made.cause:
            wrong[f"{made.cause} taken for {largest.cause}"] += 1
    right = 1 - sum(wrong.values()) / BILLS
    console.print(f"{BILLS:,} bills in {time.monotonic() - began:.0f} s: {unexplained} EUR unexplained, cause right in "
                  f"{right:.1%} ({dict(wrong)})")  # fmt: skip
    return unexplained == 0 and right >= RIGHT


def conserve(console: Console) -> bool:
    """10,000 communities of 2 to 30 members and 24 hours: assigned and generated, used and shared, to the mWh."""
    dice, off, hours = np.random.default_rng(244), 0, 0
    for _ in range(COMMUNITIES):
        members = int(dice.integers(2, 31))
        cuts = np.sort(dice.integers(0, ONE + 1, (24, members - 1)), axis=1)
        betas = np.diff(cuts, axis=1, prepend=0, append=ONE)
        generation, uses = dice.integers(0, 10**10, 24), dice.integers(0, 10**8, (24, members))
        uses = np.where(dice.random(uses.shape) < 0.02, UNKNOWN, uses)
        found, known = share_month(Stated.measured(generation), betas, Stated.measured(uses)), uses != UNKNOWN
        off += int(np.abs(found.assigned.sum(axis=1) - generation).sum())
        off += int(np.abs(found.self_consumed + found.surplus - found.assigned)[known].sum())
        off += int(np.abs(found.self_consumed + found.grid - uses)[known].sum())
        hours += 24
    console.print(f"{COMMUNITIES:,} communities, {hours:,} hours: {off} mWh off")
    return off == 0


def periods(console: Console) -> bool:
    """Published PVPC hours: the peninsula's price less Ceuta's is that of the tolls of our periods there."""
    rules, hours, wrong = tariffs(), 0, 0
    for path in sorted((SHARED / "api/esios").glob("PRICES_ESIOS_1001_*.json")):
        prices: dict[datetime, dict[str, float]] = defaultdict(dict)
        for each in json.loads(path.read_text())["indicator"]["values"]:
            prices[datetime.fromisoformat(each["datetime_utc"].replace("Z", "+00:00"))][each["geo_name"]] = each[
                "value"
            ]
        for start, by_place in prices.items():
            if {"Península", "Ceuta"} <= by_place.keys():
                expected = tolls(rules, start, "ES-peninsula")[0] - tolls(rules, start, "ES-ceuta")[0]
                hours += 1
                wrong += abs(by_place["Península"] - by_place["Ceuta"] - expected) > LOSSES_EUR_MWH
    console.print(f"{hours:,} published hours: {wrong} in another period")
    return wrong == 0


CASES = {"differ": differ, "conserve": conserve, "periods": periods}


def main(cases: Sequence[str]) -> int:
    """1 if a bar is missed."""
    console = Console(highlight=False)
    missed = [case for case in cases or CASES if not CASES[case](console)]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
