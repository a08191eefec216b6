"""A member's share against its use: today by the hours that have ended, in months as the nights settle them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from energy.calendar import day_start
from energy.money.billing.bill import NOT_INCLUDED
from energy.money.billing.gas import GAS
from energy.money.billing.line import EXCESS, REACTIVE
from energy.money.community.agreement import Agreement
from energy.money.community.settled import BY_THE_HOUR, CONDITIONAL, INCOMPLETE, NO_FILE, OTHER_CLOCK
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views.money.community import known_hours, shared_hours
from serving_layer.views.money.kept_agreement import KeptAgreement
from serving_layer.views.money.settlement import ENERGIES
from serving_layer.web.money import between, eur
from serving_layer.web.words.words import NOTHING, Words

TODAY_SECONDS = 30.0
CAUSES = {
    "use": "why_use",
    "generation": "why_generation",
    "agreement": "why_agreement",
    "contract, prices or rules": "why_contract",
}
NOTES = {
    INCOMPLETE: "note_incomplete",
    NO_FILE: "note_no_file",
    CONDITIONAL: "note_conditional",
    BY_THE_HOUR: "note_by_the_hour",
    OTHER_CLOCK: "note_other_clock",
}


class Share(NamedTuple):
    """Energy in Wh: what was assigned, as much of it as was used, the rest of it, and what came from the grid."""

    assigned: float
    own: float
    left: float
    grid: float
    estimated: int = 0
    """Hours of it whose generation or use was not measured throughout."""

    @property
    def used(self) -> float:
        """All that was used."""
        return self.own + self.grid

    @property
    def part(self) -> float:
        """The part of the use that the share covered, 0 to 1."""
        return self.own / self.used if self.used > 0 else 0.0

    def width(self, energy: float) -> float:
        """Percent of the longer of both bars."""
        longest = max(self.assigned, self.used)
        return 100 * energy / longest if longest > 0 else 0.0


def today(reader: Reader, of: KeptAgreement, member: str, now: datetime) -> Share | None:
    """The hours of today that have ended; None where none of them is known. Raises :class:`NotShared`."""
    name = f"share {member} {of.generation}"
    return reader.kept(name, TODAY_SECONDS, lambda: _today(reader, of, member, now))


def _today(reader: Reader, of: KeptAgreement, member: str, now: datetime) -> Share | None:
    zone = of.agreement.zone
    span = Span(day_start(now.astimezone(zone).date(), zone), now.replace(minute=0, second=0, microsecond=0))
    if span.start >= span.end:
        return None
    generated = known_hours(reader, [of.generation], "generation", span)[of.generation]
    hours = shared_hours(reader, generated, of.agreement, [member], span).get(member, {})
    known = [hour for hour in hours.values() if hour.self_consumed is not None]
    if not known:
        return None
    estimated = sum(hour.estimated != 0 for hour in known)
    energies = [sum(int(each[n] or 0) for each in known) / 1000 for n in range(4)]
    return Share(energies[0], energies[1], energies[2], energies[3], estimated)


def settled(row: Mapping[str, Any]) -> Share:
    """A settled month."""
    assigned, own, left, grid = (row[name] for name in ENERGIES)
    return Share(assigned, own, left, grid, row["estimated_hours"] or 0)


def coefficient(of: Agreement, member: str, day: date) -> tuple[float | None, date | None, bool]:
    """A member's coefficient, 0 to 1, on a day, since when it holds, and whether it is the mean of hourly ones."""
    version = of.version(day)
    if version is None:
        return None, None, False
    if version.constant:
        return version.constant.get(member, 0) / 1e6, version.since, False
    betas = version.hourly.get(day.year, {}).get(member, [])
    return (sum(betas) / len(betas) / 1e6 if betas else None), version.since, True


def together(values: Sequence[float], digits: int) -> list[float]:
    """``values`` rounded so that they add up to their rounded sum: whole parts by largest remainder."""
    per = 10**digits
    scaled = [value * per for value in values]
    parts = [int(each // 1) for each in scaled]
    left = round(sum(scaled)) - sum(parts)
    by_remainder = sorted(range(len(scaled)), key=lambda n: (parts[n] - scaled[n], n))
    for n in by_remainder[:left]:
        parts[n] += 1
    return [part / per for part in parts]


def changes(rows: Iterable[Mapping[str, Any]], words: Words) -> list[str]:
    """Changes of settled months by later nights, in words."""
    return [_change(row, change, words) for row in rows for change in row["changes"]]


def _change(row: Mapping[str, Any], change: Mapping[str, Any], words: Words) -> str:
    causes = [words.pages[name] for cause, name in CAUSES.items() if cause in (change["why"] or "")]
    euros = None not in (change["before_eur"], change["after_eur"])
    return words.pages["changed_line" if euros else "changed_energy"].format(
        month=month_name(row["month"], words),
        before=amount(change["before_eur"], words),
        after=amount(change["after_eur"], words),
        why=", ".join(causes),
        hours=words.number(change["changed_hours"]),
    )


def amount(euros: Decimal | None, words: Words) -> str:
    """Euros, or a dash where they are not known."""
    return NOTHING if euros is None else eur(euros, words)


def either(cases: Sequence[Mapping[str, Any]], name: str, words: Words) -> str:
    """The euros ``name`` of a month, or the least and the greatest they may be; a dash where they are not known."""
    amounts = [case[name] for case in cases]
    if not amounts or None in amounts:
        return NOTHING
    return between(min(amounts), max(amounts), words)


def note(row: Mapping[str, Any], words: Words) -> str:
    """The reason why a month has no euros, and what its bill leaves out; empty where it has all."""
    why, found, items = str(row["note"] or "").partition(NOT_INCLUDED)
    why = why.removesuffix("; ")
    said = [words.pages[NOTES[why]] if why in NOTES else words.sentence(why)] if why else []
    if row["known_hours"] < row["hours"]:
        known, hours = (words.number(row[name]) for name in ("known_hours", "hours"))
        said.append(words.pages["hours_known"].format(known=known, hours=hours))
    if found:
        named = ", ".join(words.pages[f"line {name}"] for name in (EXCESS, REACTIVE, GAS) if name in items)
        said.append(words.pages["bill_not_included"].format(what=named))
    return "; ".join(said)


def estimated(row: Mapping[str, Any], words: Words) -> str:
    """The part of a settled month that was not measured; empty where all was, or it is not noted."""
    if not row["estimated_hours"]:
        return ""
    return words.pages["share_estimated"].format(
        hours=words.number(row["estimated_hours"]),
        assigned=" ".join(words.energy(row["estimated_assigned_wh"])),
        grid=" ".join(words.energy(row["estimated_grid_wh"])),
    )


def month_name(month: date, words: Words) -> str:
    """The name of a month as it is written: November 2026."""
    return words.dated(month, words.pages["pattern_month"])
