"""Proposals of how a community could share next: coefficients by the hours that were, and what each would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from energy.calendar import CANARY, MADRID
from energy.energy_row import to_mwh
from energy.money.billing.columns import numbers_of
from energy.money.billing.days import Calendar
from energy.money.billing.supplied import unit_prices
from energy.money.community.coefficient_file import Coefficients, write
from energy.money.community.coefficient_lines import CoefficientFileError
from energy.money.community.fairness import Outcome, outcome
from energy.money.community.hours import hours_of
from energy.money.community.proposals import Hours, Proposal, proposals
from energy.money.exact import cents, kwh
from energy.money.market import Market, NoPrice
from serving_layer.reader import Reader
from serving_layer.views import catalogue, forecast, merged
from serving_layer.views.forecast import NoForecast
from serving_layer.views.money.bills import days_of, market_of, refused, span_of
from serving_layer.views.money.community import Hourly, NotShared, hourly, of_community

KEPT_SECONDS = 3600.0
PARK = "park"
"""The kind of an installation that generates and uses nothing."""
COLUMNS = ("proposal", "self_consumed_kwh", "gain_eur", "worst_off_eur", "gini")


class Proposed(NamedTuple):
    """The proposals, what each would have done, and the hours they rest on."""

    hours: Hours
    starts: Sequence[datetime]
    proposals: Sequence[Proposal]
    outcomes: Sequence[Outcome]


def proposed(reader: Reader, community: str, days: tuple[date, date] | None) -> Proposed:
    """The result of :func:`propose`, at most :data:`KEPT_SECONDS` old."""
    return reader.kept(f"proposals {community} {days}", KEPT_SECONDS, lambda: propose(reader, community, days))


def propose(reader: Reader, community: str, days: tuple[date, date] | None) -> Proposed:
    """Proposals from the hours of the local ``days`` in which generation and every member's use are known.

    Without days from those that the newest published forecasts of all have, by their medians, and that have a price,
    known or forecast. Raises :class:`NotShared`, :class:`serving_layer.views.money.bills.NotBilled`.
    """
    of_community(reader, community)
    known = catalogue.installations(reader)
    own = (each for each in known if each.get("community_id") == community and each.get("kind") != PARK)
    members = [str(each["installation_id"]) for each in own]
    found = _ahead(reader, community, members) if days is None else _past(reader, community, members, days)
    if not found.starts:
        raise NotShared("There is no hour in which the generation and every member's use are known.")
    hours = _hours(tuple(members), found)
    local = [start.astimezone(found.bought[0].of.zone) for start in found.starts]
    months = np.array([each.year * 12 + each.month for each in local])
    made = proposals(hours, months, [float(max(each.of.days[-1].power_w)) for each in found.bought])
    return Proposed(hours, found.starts, made, [outcome(hours, each, months) for each in made])


class _Bought(NamedTuple):
    """The days of a member with its contracts, and the prices that these ask for."""

    of: Calendar
    market: Market

    def is_priced(self, start: datetime) -> bool:
        try:
            unit_prices(self.of, numbers_of(self.of, [start]), self.market)
        except NoPrice:
            return False
        return True


class _Known(NamedTuple):
    """Hours of which all is known: energy (mWh) of the generation and of each member, and how members buy."""

    starts: Sequence[datetime]
    energy: Sequence[Hourly]
    bought: Sequence[_Bought]


def _past(reader: Reader, community: str, members: Sequence[str], days: tuple[date, date]) -> _Known:
    """Those of the local ``days``."""
    calendars = [days_of(reader, member, *days) for member in members]
    if not calendars:
        return _Known([], [], [])
    span = span_of(calendars[0])
    generation = hourly(reader, [community], "generation", span)[community]
    uses = hourly(reader, members, "consumption", span)
    return _known(
        [generation, *(uses[member] for member in members)], [_Bought(of, market_of(reader, of)) for of in calendars]
    )


def _ahead(reader: Reader, community: str, members: Sequence[str]) -> _Known:
    """Those that are forecast; without those that have no price, unless none has."""
    generation, uses = _forecast(reader, [community], "generation"), _forecast(reader, members, "consumption")
    hours = sorted(generation[community])
    if not (hours and members):
        return _Known([], [], [])
    # Where the clocks show the earliest day, and where the latest.
    days = (hours[0].astimezone(CANARY).date(), hours[-1].astimezone(MADRID).date() + timedelta(days=1))
    visible = merged.seen(reader)
    calendars = [days_of(reader, member, *days) for member in members]
    found = _known(
        [generation[community], *(uses[member] for member in members)],
        [_Bought(of, market_of(reader, of, visible)) for of in calendars],
    )
    priced = [start for start in found.starts if all(each.is_priced(start) for each in found.bought)]
    return found._replace(starts=priced or found.starts)


def _known(energy: Sequence[Hourly], bought: Sequence[_Bought]) -> _Known:
    spans = [span_of(each.of) for each in bought]
    first, end = max(span.start for span in spans), min(span.end for span in spans)
    return _Known([start for start in sorted(set(energy[0]).intersection(*energy[1:])) if first <= start < end],
                  energy, bought)  # fmt: skip


def _forecast(reader: Reader, installations: Sequence[str], quantity: str) -> dict[str, Hourly]:
    """The median of each hour of the newest forecasts, mWh. Raises :class:`NotShared` where there is none."""
    visible = merged.seen(reader)
    try:
        issues = {name: forecast.newest(reader, name, quantity, visible) for name in installations}
    except NoForecast as error:
        raise NotShared(str(error)) from error
    return {name: {hour.time: to_mwh(hour.p50_wh) for hour in issue.values} for name, issue in issues.items()}


def _hours(members: tuple[str, ...], of: _Known) -> Hours:
    found = refused(lambda: [unit_prices(days, numbers_of(days, of.starts), market) for days, market in of.bought])
    prices = np.array(found, dtype=np.int64).T
    generation, *uses = ([each[start] for start in of.starts] for each in of.energy)
    return Hours(
        members, np.maximum(np.array(generation, dtype=np.int64), 0), np.array(uses, dtype=np.int64).T,
        prices[:, 0], prices[:, 1],
    )  # fmt: skip


def rows(of: Proposed) -> list[dict[str, Any]]:
    """A row a proposal: EUR before taxes in the days asked for, in all and by member."""
    found = []
    for each in of.outcomes:
        gains = dict(zip(of.hours.members, map(cents, each.gains), strict=True))
        found.append(
            {
                "proposal": each.name,
                "self_consumed_kwh": kwh(sum(each.self_consumed)),
                "gain_eur": cents(sum(each.gains)),
                "worst_off_eur": cents(each.worst),
                "gini": round(each.gini, 4),
            }
            | gains
        )
    return found


def file_of(of: Proposed, name: str, supplies: Mapping[str, str], year: int) -> bytes:
    """The coefficient file of ``year`` with the proposal called ``name``; ``supplies`` are the members' CUPS.

    An hourly one needs every hour of a year as long. Raises :class:`NotShared`.
    """
    chosen = next((each for each in of.proposals if each.name == name), None)
    if chosen is None:
        raise NotShared(f"There is no proposal {name!r}; there is {', '.join(each.name for each in of.proposals)}.")
    unknown = [member for member in of.hours.members if member not in supplies]
    if unknown:
        raise NotShared(f"{unknown[0]} has no CUPS: register it, with 22 characters.")
    columns = {supplies[member]: chosen.betas[:, n].tolist() for n, member in enumerate(of.hours.members)}
    if len(chosen.betas) == 1:
        found = Coefficients(constant={number: betas[0] for number, betas in columns.items()})
    elif len(chosen.betas) == hours_of(year):
        found = Coefficients(hourly=columns)
    else:
        raise NotShared(f"{name} has {len(chosen.betas)} hours, {year} has {hours_of(year)}: ask for a whole year.")
    try:
        return write(found, year)
    except CoefficientFileError as error:
        raise NotShared(f"{error}.") from error
