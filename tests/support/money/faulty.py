"""Bills of a home with one known fault each."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from conf.tariffs import tariffs
from energy.calendar import MADRID, months_later
from energy.money.billing.bill import bill
from energy.money.billing.days import Calendar, calendar
from energy.money.contract import CONTRACTS
from energy.money.market import Market
from energy.money.netting import Net
from energy.money.official import difference as d
from energy.money.official.statement import StatedLine
from energy.money.saving import without_sharing
from serving_layer.views.money.bills import Billed
from serving_layer.views.money.official import stated_lines
from tests.support.money.bills import AGREED, FIXED, HOME

CENT = Decimal("0.01")


class Home(NamedTuple):
    """One supply's month: contract, days and hours."""

    contract: dict[str, Any]
    days: tuple[date, date]
    hours: list[Net]


class Fault(NamedTuple):
    """A bill with a fault, its cause, and our bill of its days where those are others."""

    lines: list[StatedLine]
    cause: str
    on_their_days: Billed | None = None


def billed(of: Home, due: date | None = None) -> Billed:
    """Our bill."""
    days = calendar(tariffs(), CONTRACTS.validate_python([of.contract]), *of.days)
    made = bill(tariffs(), days, of.hours, Market({}), due)
    plain = without_sharing(days, of.hours)
    return Billed(made, days, of.hours, None if plain is None else bill(tariffs(), *plain, Market({}), due))


def home(dice: random.Random) -> Home:
    """A home with panels in a month whose taxes are known."""
    first = dice.choice([date(2025, month, 1) for month in range(1, 13)] + [date(2026, 2, 1), date(2026, 7, 1)])
    power = f"{dice.choice((3.45, 4.6, 5.75, 6.9))}"
    contract = HOME | {"energy": FIXED, "compensation": AGREED, "power_kw": [power, power],
                       "social_bonus_funding": True}  # fmt: skip
    days = (first, months_later(first))
    of = calendar(tariffs(), CONTRACTS.validate_python([contract]), *days)
    return Home(contract, days, [_hour(start, of, dice) for start in of.windows()])


def _hour(start: datetime, of: Calendar, dice: random.Random) -> Net:
    use = dice.randrange(100_000, 900_000)
    sun = max(0, 2_000_000 - 350_000 * abs(start.astimezone(of.zone).hour - 13)) * dice.random()
    net = use - round(sun)
    return Net(start, max(net, 0), max(-net, 0), use)


def _scaled(of: Home, dice: random.Random) -> Fault:
    """Every reading of the grid is higher, as with an estimate."""
    factor = dice.choice((1.08, 1.15, 1.3, 0.9))
    hours = [each._replace(grid=(more := round(each.grid * factor)), use=(each.use or 0) + more - each.grid)
             for each in of.hours]  # fmt: skip
    return Fault(stated_lines(billed(of._replace(hours=hours))), d.KWH)


def _lost_days(of: Home, dice: random.Random) -> Fault:
    """Readings of a few days on end are missing, and nothing is billed for them."""
    first, number = dice.randrange(len(of.hours) - 96), dice.choice((24, 48, 96))
    hours = [each._replace(grid=0, use=(each.use or 0) - each.grid) if first <= n < first + number else each
             for n, each in enumerate(of.hours)]  # fmt: skip
    return Fault(stated_lines(billed(of._replace(hours=hours))), d.KWH)


def _evenings(of: Home, dice: random.Random) -> Fault:
    """Evenings are estimated too high, other hours are not."""
    factor = dice.choice((1.3, 2))
    hours = []
    for each in of.hours:
        is_evening = 18 <= each.start.astimezone(MADRID).hour < 22
        more = round(each.grid * factor) - each.grid if is_evening else 0
        hours.append(each._replace(grid=each.grid + more, use=(each.use or 0) + more))
    return Fault(stated_lines(billed(of._replace(hours=hours))), d.KWH)


def _less_share(of: Home, dice: random.Random) -> Fault:
    """A smaller share: less is self-consumed and more comes from the grid."""
    part = dice.choice((0.1, 0.25, 0.5))
    hours = []
    for each in of.hours:
        lost = round(((each.use or 0) - each.grid) * part)
        hours.append(each._replace(grid=each.grid + lost))
    return Fault(stated_lines(billed(of._replace(hours=hours))), d.SHARE)


def _other_periods(of: Home, dice: random.Random) -> Fault:
    """Hours an hour late or a weekend billed as working days: the same kWh in other periods."""
    shift = timedelta(hours=dice.choice((-3, 3, 5)))
    grids = {each.start + shift: each.grid for each in of.hours}
    moved = [each._replace(grid=grids.get(each.start, 0)) for each in of.hours]
    rest = sum(each.grid for each in of.hours) - sum(each.grid for each in moved)
    moved[0] = moved[0]._replace(grid=moved[0].grid + rest)
    uses = zip(moved, of.hours, strict=True)
    hours = [new._replace(use=(old.use or 0) - old.grid + new.grid) for new, old in uses]
    return Fault(stated_lines(billed(of._replace(hours=hours))), d.PERIOD)


def _dearer(of: Home, dice: random.Random) -> Fault:
    prices = [f"{Decimal(each) + Decimal(dice.choice((-20, 15, 30, 50))) / 1000}" for each in FIXED["prices_eur_kwh"]]
    contract = of.contract | {"energy": FIXED | {"prices_eur_kwh": prices}}
    return Fault(stated_lines(billed(of._replace(contract=contract))), d.PRICE)


def _less_compensation(of: Home, dice: random.Random) -> Fault:
    other = dice.choice(({"kind": "none"}, AGREED | {"price_eur_kwh": "0.03"}))
    lines = stated_lines(billed(of._replace(contract=of.contract | {"compensation": other})))
    return Fault(lines, d.COMPENSATION)


def _more_power(of: Home, dice: random.Random) -> Fault:
    power = f"{Decimal(of.contract['power_kw'][0]) + dice.choice((1, 2, 3))}"
    return Fault(stated_lines(billed(of._replace(contract=of.contract | {"power_kw": [power, power]}))), d.POWER)


def _extra(of: Home, dice: random.Random) -> Fault:
    """A service that nobody ordered, with its VAT; or a meter of three phases."""
    if dice.random() < 0.5:
        return Fault(stated_lines(billed(of._replace(contract=of.contract | {"meter": "three_phase"}))), d.REST)
    return Fault(_with_extra(billed(of), Decimal(dice.choice((3, 5, 9)))), d.REST)


def _with_extra(found: Billed, eur: Decimal) -> list[StatedLine]:
    lines = stated_lines(found)
    days = (found.bill.first, found.bill.until)
    vat = next(line for line in lines if line.kind == "IVA")
    owed = (eur * (vat.price or 0) / 100).quantize(CENT)
    added = [StatedLine("extra", "", *days, None, None, eur)]
    return [*added, *(_more(line, {"IVA": owed, "total": eur + owed}) for line in lines)]


def _other_rate(of: Home, _: random.Random) -> Fault:
    """The taxes of another day: 10 % and 0.5 % where they were cut, the full ones where they were not."""
    ours_cut = of.days[0].year == 2026 and of.days[0].month == 7
    due = date(2026, 4, 10) if not ours_cut else date(2026, 5, 10)
    return Fault(stated_lines(billed(of, due)), d.RATE)


def _other_base(of: Home, dice: random.Random) -> Fault:
    """VAT is owed on something it is not: ten euros and more of the base are nowhere on the bill."""
    lines = stated_lines(billed(of))
    vat = next(line for line in lines if line.kind == "IVA")
    more = (Decimal(dice.choice((10, 15, 20))) * (vat.price or 0) / 100).quantize(CENT)
    return Fault([_more(line, {"IVA": more, "total": more})._replace(quantity=None) if line.kind == "IVA"
                  else _more(line, {"total": more}) for line in lines], d.BASE)  # fmt: skip


def _more_days(of: Home, dice: random.Random) -> Fault:
    """A bill that ends some days earlier than the month."""
    fewer = dice.choice((2, 3, 5))
    days = (of.days[0], of.days[1] - timedelta(days=fewer))
    hours = [each for each in of.hours if each.start.astimezone(MADRID).date() < days[1]]
    theirs = billed(of._replace(days=days, hours=hours))
    return Fault(stated_lines(theirs), d.DAYS, theirs)


def _rounded(of: Home, dice: random.Random) -> Fault:
    """A total that is some cents off its own lines."""
    off = Decimal(dice.choice((-7, -6, 6, 8))) / 100
    return Fault([_more(line, {"total": off}) for line in stated_lines(billed(of))], d.ROUNDING)


def _more(line: StatedLine, eur: dict[str, Decimal]) -> StatedLine:
    return line._replace(eur=(line.eur or 0) + eur[line.kind]) if line.kind in eur else line


FAULTS: tuple[Callable[[Home, random.Random], Fault], ...] = (
    _scaled, _lost_days, _evenings, _less_share, _other_periods, _dearer, _less_compensation, _more_power, _extra,
    _other_rate, _other_base, _more_days, _rounded,
)  # fmt: skip
