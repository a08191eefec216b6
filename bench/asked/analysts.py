"""What analysts ask of a fleet, and several of them at once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.asked.year import DAYS, HOMES
from conf import Settings
from tests.support.sql.client import asking

ANALYSTS = 8
AGAIN_SECONDS = 1.0
"""After which somebody whose question has failed asks the next."""
SUMS = "SELECT quantity, sum(cast(round(energy_wh * 1000) AS bigint)) AS mwh FROM {table} GROUP BY quantity"
"""In whole mWh, so that two answers can be compared to the last digit."""


class Asked(NamedTuple):
    """Seconds of the answers that analysts got, and what the others said."""

    seconds: list[float]
    failed: list[str]


def day_of(home: int, day: datetime) -> str:
    """The question for a home's day (UTC)."""
    return f"""SELECT start, quantity, energy_wh FROM energy WHERE installation_id = 'home-{home:04d}'
        AND month = DATE'{day:%Y-%m}-01' AND start >= TIMESTAMP'{day:%Y-%m-%d}'
        AND start < TIMESTAMP'{day + timedelta(days=1):%Y-%m-%d}' ORDER BY start, quantity"""  # noqa: S608


def questions(cut: datetime) -> Callable[[random.Random], str]:
    """What analysts ask: mostly of a home or a month, now and then of everything."""
    month = cut - timedelta(days=60)
    wide = (
        SUMS.format(table="energy"),
        "SELECT installation_id, month, sum(energy_wh) FROM energy_daily GROUP BY installation_id, month",
        f"""SELECT day, sum(energy_wh) FROM energy_daily
        WHERE month = DATE'{month:%Y-%m}-01' AND quantity = 'import' GROUP BY day ORDER BY day""",  # noqa: S608
        "SELECT count(*) FROM installation",
    )

    def draw(chance: random.Random) -> str:
        home, back = chance.randrange(HOMES), chance.randrange(DAYS)
        return day_of(home, cut - timedelta(days=back)) if chance.random() < 0.5 else chance.choice(wide)

    return draw


def at_once(settings: Settings, cut: datetime, minutes: float) -> Asked:
    """Eight analysts ask for so long, each on a connection of their own, the next question after each answer."""
    until, asked, draw = time.monotonic() + 60 * minutes, Asked([], []), questions(cut)

    def analyst(number: int) -> None:
        chance = random.Random(number)
        with asking(settings) as ask:
            while time.monotonic() < until:
                began = time.monotonic()
                try:
                    ask(draw(chance))
                    asked.seconds.append(time.monotonic() - began)
                except Exception as error:  # whatever the client raises, the question has failed
                    asked.failed.append(str(error)[:300])
                    time.sleep(AGAIN_SECONDS)

    threads = [threading.Thread(target=analyst, args=(number,), daemon=True) for number in range(ANALYSTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return asked
