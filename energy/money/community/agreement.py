"""Sharing agreements: the coefficients (betas) of a community by date, in whole millionths.

They add up to 1 in every hour (Real Decreto 244/2019, annex I; hourly ones since Orden TED/1247/2021), are set
beforehand, and change at most every four months. A new agreement replaces the whole one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, zip_longest

from energy.calendar import months_later
from energy.money.community.hours import Rule, hours_of, number_of

ONE = 1_000_000
"""The sum of an hour's betas, in millionths: the six decimals of the coefficient file."""
MONTHS_APART = 4
ALL_HOURS = 0
"""The ``year`` of a coefficient that holds at all hours, where coefficients stand by year."""
Betas = Mapping[str, int]


class AgreementError(ValueError):
    """Coefficients that can't hold; the text says which, and in which hour. ``since`` is their version's first day."""

    def __init__(self, said: str, since: date | None = None) -> None:
        super().__init__(said)
        self.since = since


class NoCoefficients(LookupError):
    """An hour for which no coefficients are known."""


@dataclass(frozen=True)
class Version:
    """The rule that holds from a local day on: constant betas, or those of each hour of a year, by member."""

    since: date
    constant: Betas = field(default_factory=dict)
    hourly: Mapping[int, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    """The beta of each hour by year, then by member."""

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Members in order."""
        named = set(self.constant).union(*self.hourly.values()) if self.hourly else set(self.constant)
        return tuple(sorted(named))

    def check(self) -> None:
        """Raise :class:`AgreementError` where an hour's betas do not add up to 1, or a year lacks hours or members."""
        if bool(self.constant) == bool(self.hourly):
            raise AgreementError(f"the agreement from {self.since} needs constant coefficients, or those of each hour")
        if self.constant:
            _check_sum(self.constant, f"the agreement from {self.since}")
        for year, by_member in self.hourly.items():
            for member, betas in by_member.items():
                if len(betas) != hours_of(year):
                    raise AgreementError(f"{member} has {len(betas)} hours in {year}, that year has {hours_of(year)}")
            if set(by_member) != set(self.members):
                missing = ", ".join(sorted(set(self.members) - set(by_member)))
                raise AgreementError(f"{missing} has no coefficients in {year}")
            for hour, of_hour in enumerate(zip(*by_member.values(), strict=True), start=1):
                if sum(of_hour) != ONE or min(of_hour) < 0:
                    _check_sum(dict(zip(by_member, of_hour, strict=True)), f"{year}, hour {hour:04d}")


@dataclass(frozen=True)
class Agreement:
    """The versions of a community's agreement, by their first day."""

    versions: tuple[Version, ...]
    zone: tzinfo
    rule: Rule = "consecutive"

    @property
    def members(self) -> tuple[str, ...]:
        """Members of any version, in order."""
        return tuple(sorted({member for version in self.versions for member in version.members}))

    def version(self, day: date) -> Version | None:
        """The version that holds on a local ``day``; None before the first."""
        return next((each for each in reversed(self.versions) if each.since <= day), None)

    def members_at(self, hour: datetime) -> tuple[str, ...]:
        """Members that share in the hour that begins at ``hour``; none before the first version."""
        version = self.version(hour.astimezone(self.zone).date())
        return () if version is None else version.members

    def at(self, hour: datetime) -> Betas:
        """The betas of the hour that begins at ``hour``. Raises :class:`NoCoefficients`."""
        day = hour.astimezone(self.zone).date()
        version = self.version(day)
        if version is None:
            raise NoCoefficients(f"no agreement holds on {day}; the first begins on {self.versions[0].since}")
        if version.constant:
            return version.constant
        year, number = number_of(hour, self.zone, self.rule)
        if year not in version.hourly:
            raise NoCoefficients(f"the agreement from {version.since} is variable, and the file of {year} is missing")
        return {member: betas[number - 1] for member, betas in version.hourly[year].items()}


def agreement(versions: Sequence[Version], zone: tzinfo, rule: Rule) -> Agreement:
    """The agreement, checked. Raises :class:`AgreementError`."""
    ordered = sorted(versions, key=lambda version: version.since)
    if not ordered:
        raise AgreementError("there is no version of the agreement")
    for earlier, later in pairwise(ordered):
        if later.since < months_later(earlier.since, MONTHS_APART):
            raise AgreementError(
                f"the versions from {earlier.since} and from {later.since} are less than {MONTHS_APART} months apart",
                later.since,
            )
    ends = [later.since - timedelta(days=1) for later in ordered[1:]]
    for version, last in zip_longest(ordered, ends):
        try:
            version.check()
            _check_years(version, last)
        except AgreementError as error:
            raise AgreementError(str(error), version.since) from None
    return Agreement(tuple(ordered), zone, rule)


def _check_years(version: Version, last: date | None) -> None:
    """Every year from the version's first to that of its ``last`` day, or to its newest file, has its file."""
    newest = max(version.hourly, default=0)
    for year in range(version.since.year, (newest if last is None else last.year) + 1) if version.hourly else ():
        if year not in version.hourly:
            raise AgreementError(f"the agreement from {version.since} is variable, and the file of {year} is missing")


def _check_sum(betas: Betas, where: str) -> None:
    negative = [member for member, beta in betas.items() if beta < 0]
    if negative:
        raise AgreementError(f"{where}: the coefficient of {negative[0]} is below 0")
    if sum(betas.values()) != ONE:
        raise AgreementError(f"{where}: coefficients add up to {Decimal(sum(betas.values())) / ONE}, not to 1")
