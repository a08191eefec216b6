"""The greatest power of each month and period that the distributor's meter showed (get-max-power): table ``max_power``.

Asked for month by month once a month is over, the newest first, until it is answered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any, NamedTuple

from conf import Settings
from energy.calendar import day_start, months_later, zone
from energy.money.community.numbers import supply as number
from ingest.sources.budget import Came
from ingest.sources.datadis.account import account
from ingest.sources.datadis.client import DatadisError
from ingest.sources.datadis.contracts import answers
from ingest.sources.datadis.forms import stated_number
from ingest.sources.datadis.registered import Home, Registered
from ingest.sources.datadis.supplies import Supply
from ingest.sources.source import Progress, Question, Record, Unreadable

MONTHS = 12
OUT = timedelta(days=5)
"""After the end of a month: a distributor answers two days late, and later."""
PERIODS = {"PUNTA": "P1", "LLANO": "P2", "VALLE": "P3"}
TYPE_KW = {5: 15.0, 4: 50.0, 3: 450.0}
"""The most that is contracted at points of a type; of types 1 and 2 there is no end."""
MOST_TIMES = 20
"""No supply takes so many times what it has contracted: the number is of watts."""


class Maximum(NamedTuple):
    """The greatest power of a period (of energy, P1 to P6), and when it was shown (UTC)."""

    period: str
    power_w: float
    at: datetime | None
    """None where the clocks skip the time that is stated."""


class Maxima:
    """The questions of get-max-power; ``is_by_hand``: asked by a person, to whom none is given up."""

    def __init__(
        self, settings: Settings, now: datetime, registered: Registered | None = None, is_by_hand: bool = False
    ) -> None:
        self._registered, self._now, self._is_by_hand = registered or Registered(settings), now, is_by_hand
        self._account, self._home = account(settings), settings.home

    def missing(self) -> Iterator[Question]:
        """A question for each supply and month that is not held. Raises ``LoginRefused``, :class:`DatadisError`."""
        homes = {number(home.cups): home for home in self._registered.homes()}
        known = self._account.supplies(self._now) if homes else []
        asked = [(supply, homes[number(supply.cups)]) for supply in known if number(supply.cups) in homes]
        held = self._registered.maxima(home.installation_id for _, home in asked) if asked else set()
        for supply, home in asked:
            for month in self._months(home):
                name = f"{supply.cups}-{month:%Y-%m}-power"
                is_wanted = (home.installation_id, month) not in held and supply.is_valid_in(month)
                if is_wanted and self._account.is_due(name, self._now, timedelta(0), self._is_by_hand):
                    yield Question(name, partial(self._fetch, supply, home, month, name), partial(self._keep, home))

    def _months(self, home: Home) -> list[date]:
        """Months that are over and out, the newest first."""
        local = (self._now - OUT).astimezone(zone(home.time_zone)).date().replace(day=1)
        return [months_later(local, -back) for back in range(1, MONTHS + 1)]

    def _fetch(self, supply: Supply, home: Home, month: date, name: str, progress: Progress) -> list[Record]:
        rows, word = self._account.ask(name, self._now, "get-max-power-v2", supply.asking(month))
        with Unreadable(name, progress) as unreadable:
            found = maxima(rows, month, self._contracted(supply), home.time_zone, unreadable)
        said = f"{len(found)} periods{'; ' + word if word else ''}"
        self._account.budget.end(name, self._now, said, Came.ANSWER if found else Came.NOTHING)
        if word and not found:
            raise DatadisError(f"the distributor has an error ({word}); it is asked again tomorrow")
        if word:
            progress(f"{name}: {word}")
        return [{"month": month, **each._asdict(), "known_at": self._now} for each in found]

    def _contracted(self, supply: Supply) -> float:
        """The most power that is contracted, kW; of a supply without a contract what its type of point allows."""
        stated = answers(self._home).get(number(supply.cups))
        powers = [float(power) for each in stated.contracts for power in each.power_kw] if stated else []
        return max(powers, default=TYPE_KW.get(supply.point_type, math.inf))

    def _keep(self, home: Home, records: list[Record]) -> Came:
        self._registered.keep_maxima(home.installation_id, records)
        return Came.ANSWER


def maxima(
    rows: Iterable[Any], month: date, contracted_kw: float, zone_name: str, unreadable: Unreadable
) -> list[Maximum]:
    """The greatest of each period in an answer's rows, in order; what can't be read goes to ``unreadable``.

    Some distributors state watts, others kW: told apart by the greatest, against what is contracted.
    """
    read = []
    for row in rows:
        found = _row(row, month, zone_name)
        if found is None:
            unreadable.add(row)
        else:
            read.append(found)
    is_kw = max((each.power_w for each in read), default=0.0) <= MOST_TIMES * contracted_kw
    greatest: dict[str, Maximum] = {}
    for each in read:
        scaled = each._replace(power_w=round(each.power_w * 1000, 3) if is_kw else each.power_w)
        if each.period not in greatest or scaled.power_w > greatest[each.period].power_w:
            greatest[each.period] = scaled
    return [greatest[period] for period in sorted(greatest)]


def _row(row: Any, month: date, zone_name: str) -> Maximum | None:
    """The row with its number as it is stated; None for one of blanks, of another month, or without a period."""
    if not isinstance(row, Mapping):
        return None
    power, name = stated_number(row.get("maxPower")), str(row.get("period") or "").strip().upper()
    period = PERIODS.get(name) or (f"P{name[-1]}" if re.fullmatch(r"P?[1-6]", name) else None)
    shown = re.fullmatch(r"(\d{4})/(\d{2})/(\d{2}) (\d{1,2}):(\d{2})", f"{row.get('date')} {row.get('time')}")
    if power is None or period is None or shown is None:
        return None
    year, number_of_month, day, hour, minute = map(int, shown.groups())
    if (year, number_of_month) != (month.year, month.month) or hour > 24 or minute > 59 or hour * 60 + minute > 1440:
        return None
    try:
        return Maximum(period, power, _instant(date(year, number_of_month, day), hour * 60 + minute, zone_name))
    except ValueError:
        return None


def _instant(day: date, minutes: int, zone_name: str) -> datetime | None:
    """The instant (UTC) at which the clocks show it; of two the first; None where they skip it."""
    clock = zone(zone_name)
    if minutes == 1440:
        return day_start(day + timedelta(days=1), clock)
    naive = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60)  # noqa: DTZ001  a local time
    at = naive.replace(tzinfo=clock).astimezone(timezone.utc)
    return at if at.astimezone(clock).replace(tzinfo=None) == naive else None
