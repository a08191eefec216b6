"""Communities made by chance, and their months settled plainly: one hour and one window after the other."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from conf.tariffs import tariffs
from energy.calendar import MADRID, local_month, months_later
from energy.money.billing.bill import Owed, bill, owed_lines
from energy.money.billing.days import calendar
from energy.money.community.agreement import ONE, Agreement, Version, agreement
from energy.money.community.hours import Rule, hours_of
from energy.money.community.sharing import Estimated, Shared, as_windows, share_community
from energy.money.contract import CONTRACTS
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.saving import without_sharing
from tests.support.money.bills import AGREED, HOME

HOUR = timedelta(hours=1)
ROOF = "roof"
SUPPLIES: list[dict[str, Any]] = [
    {"compensation": AGREED},
    {"energy": {"kind": "pvpc"}, "compensation": {"kind": "surplus"}},
    {"energy": {"kind": "indexed", "markup_eur_kwh": ["0.01"], "losses": True}, "compensation": {"kind": "surplus"}},
    {"energy": {"kind": "flat", "price_eur_kwh": "0.15"}, "social_bonus_funding": True},
]


@dataclass
class Community:
    """What its members generated together and used (mWh by hour, UTC), and by what it is shared and billed."""

    agreement: Agreement
    generation: dict[datetime, int]
    uses: dict[str, dict[datetime, int]]
    contracts: dict[str, list[dict[str, Any]]]
    estimated: dict[str, set[datetime]] = field(default_factory=dict)
    """Hours that were not measured throughout, of members' use and of the generation (roof)."""

    def hours(self, month: date) -> list[datetime]:
        """The hours of the local month."""
        start, end = local_month(month.year, month.month, MADRID)
        return [start + n * HOUR for n in range((end - start) // HOUR)]


class Plain(NamedTuple):
    """One member's month: every hour, and total, saving and lines where it has a bill."""

    hours: Mapping[datetime, Shared]
    total: Any
    saving: Any
    lines: Sequence[Owed] = ()


def by_chance(seed: int, months: list[date], rule: Rule = "consecutive", holes: int = 0) -> Community:
    """A community of 2 to 6 whose coefficients change in the midst of 2026-06, and who leave out ``holes`` hours."""
    dice = random.Random(seed)
    members = [f"m{n}" for n in range(dice.randint(2, 6))]
    versions = (
        Version(date(2025, 6, 1), parts(dice, members[:-1] or members)),
        Version(date(2026, 6, 13), {}, {2026: dict(zip(members, zip(*_each_hour(dice, members), strict=True),
                                                       strict=True))}),
    )  # fmt: skip
    found = Community(agreement(versions, MADRID, rule), {}, {member: {} for member in members}, {})
    for month in months:
        for hour in found.hours(month):
            found.generation[hour] = dice.choice((0, dice.randrange(20_000_000)))
            for member in members:
                found.uses[member][hour] = dice.randrange(6_000_000)
    for _ in range(holes):
        for of in (found.generation, found.uses[dice.choice(members)]):
            of.pop(dice.choice(sorted(of)))
    for name, known in {ROOF: found.generation, **found.uses}.items():
        found.estimated[name] = set(dice.sample(sorted(known), 4))
    found.contracts = {member: [HOME | dice.choice(SUPPLIES)] for member in members}
    return found


def parts(dice: random.Random, members: list[str]) -> dict[str, int]:
    """Coefficients that add up to 1."""
    cuts = sorted(dice.randint(0, ONE) for _ in members[1:])
    return {member: high - low for member, low, high in zip(members, [0, *cuts], [*cuts, ONE], strict=True)}


def _each_hour(dice: random.Random, members: list[str]) -> list[tuple[int, ...]]:
    """The coefficients of a year's hours, in the order of ``members``: a few, again and again."""
    some = [tuple(parts(dice, members).values()) for _ in range(7)]
    return [some[hour * hour % 7] for hour in range(hours_of(2026))]


def plainly(of: Community, month: date, market: Market) -> dict[str, Plain]:
    """Each member's month by the functions that take one hour after the other."""
    hours = set(of.hours(month))
    generation = {hour: mwh for hour, mwh in of.generation.items() if hour in hours}
    uses = {member: {hour: mwh for hour, mwh in each.items() if hour in hours} for member, each in of.uses.items()}
    estimated = Estimated(of.estimated.get(ROOF, set()), of.estimated)
    shared = share_community(generation, uses, of.agreement, estimated)
    return {member: _plain(of, member, month, each, market) for member, each in shared.items()}


def _plain(of: Community, member: str, month: date, hours: Mapping[datetime, Shared], market: Market) -> Plain:
    days = calendar(tariffs(), CONTRACTS.validate_python(of.contracts[member]), month, months_later(month))
    windows = as_windows(days.windows(), hours)
    found, without = bill(tariffs(), days, windows, market), without_sharing(days, windows)
    if not found.is_complete or without is None:
        return Plain(hours, None, None)
    total = found.cases[0].total
    saving = cents(bill(tariffs(), *without, market).cases[0].total - total)
    return Plain(hours, cents(total), saving, owed_lines(found))


def prices(seed: int, months: list[date]) -> dict[datetime, int]:
    """A price (10⁻⁶ EUR/kWh) for every hour of the months and the one before, some below 0."""
    dice = random.Random(seed)
    found = {}
    for month in months:
        start, end = local_month(month.year, month.month, MADRID)
        for n in range(-1, (end - start) // HOUR):
            found[start + n * HOUR] = dice.randint(-20_000, 250_000)
    return found
