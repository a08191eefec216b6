"""Proposals of how a community could share next: coefficients by the hours that were, and what each would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from energy.calendar import MADRID, day_start
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
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, forecast, merged
from serving_layer.views.forecast import NoForecast
from serving_layer.views.money.bills import days_of, market_of, refused
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

    Without days from those that the newest published forecasts of all have, by their medians. Raises
    :class:`NotShared`, :class:`serving_layer.views.money.bills.NotBilled`.
    """
    of_community(reader, community)
    known = catalogue.installations(reader)
    own = (each for each in known if each.get("community_id") == community and each.get("kind") != PARK)
    members = [str(each["installation_id"]) for each in own]
    if days is None:
        generation = _forecast(reader, [community], "generation")[community]
        uses = _forecast(reader, members, "consumption")
    else:
        span = Span(*(day_start(day, MADRID) for day in days))
        generation = hourly(reader, [community], "generation", span)[community]
        uses = hourly(reader, members, "consumption", span)
    starts = [start for start in sorted(generation) if all(start in uses[member] for member in members)]
    if not starts or not members:
        raise NotShared("There is no hour in which the generation and every member's use are known.")
    days = days or (starts[0].astimezone(MADRID).date(), starts[-1].astimezone(MADRID).date() + timedelta(days=1))
    calendars = [days_of(reader, member, *days) for member in members]
    hours = _hours(reader, tuple(members), calendars, starts, [generation, *(uses[member] for member in members)])
    months = np.array([start.astimezone(MADRID).year * 12 + start.astimezone(MADRID).month for start in starts])
    made = proposals(hours, [float(max(of.days[-1].power_w)) for of in calendars])
    return Proposed(hours, starts, made, [outcome(hours, each, months) for each in made])


def _forecast(reader: Reader, installations: Sequence[str], quantity: str) -> dict[str, Hourly]:
    """The median of each hour of the newest forecasts, mWh. Raises :class:`NotShared` where there is none."""
    visible = merged.seen(reader)
    try:
        issues = {name: forecast.newest(reader, name, quantity, visible) for name in installations}
    except NoForecast as error:
        raise NotShared(str(error)) from error
    return {name: {hour.time: to_mwh(hour.p50_wh) for hour in issue.values} for name, issue in issues.items()}


def _hours(
    reader: Reader,
    members: tuple[str, ...],
    calendars: Sequence[Calendar],
    starts: Sequence[datetime],
    energy: Sequence[Mapping[datetime, int]],
) -> Hours:
    of_all = [(of, market_of(reader, of)) for of in calendars]
    found = refused(lambda: [unit_prices(of, numbers_of(of, starts), market) for of, market in of_all])
    prices = np.array(found, dtype=np.int64).T
    generation, *uses = ([each[start] for start in starts] for each in energy)
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
