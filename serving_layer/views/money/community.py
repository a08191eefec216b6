"""What the members of a community were assigned and used, and what that saved each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from conf.refusal import Refusal
from energy.calendar import day_start
from energy.energy_row import to_mwh
from energy.money.community.agreement import ONE, Agreement, NoCoefficients
from energy.money.community.numbers import supply
from energy.money.community.official_curves import Fit, best_rule, fits
from energy.money.community.sharing import Shared, as_windows, share_community
from energy.money.exact import cents, kwh
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged
from serving_layer.views.money.agreements import read_agreement, read_official
from serving_layer.views.money.bills import NotBilled, days_of, windows_billed
from store.catalogue import COMMUNITY

QUARTERS = 4
SHARE_COLUMNS = (
    "member", "assigned_kwh", "self_consumed_kwh", "surplus_kwh", "grid_kwh", "unknown_hours", "total_eur",
    "saving_eur", "note",
)  # fmt: skip
COMPARE_COLUMNS = ("member", "rule", "hours", "differing", "official_kwh", "ours_kwh", "implied_beta")
TOTAL = "total"
Hourly = Mapping[datetime, int]


class NotShared(Refusal):
    """Shares that can't be told; the text says what is missing."""

    kind: ClassVar[str] = "not-shared"
    status = 422


def of_community(reader: Reader, community: str) -> None:
    """Raise :class:`NotShared` unless ``community`` is registered as one."""
    if catalogue.installation(reader, community).get("kind") != COMMUNITY:
        raise NotShared(f"{community} is no community; register it with kind: community.")


def hourly(reader: Reader, installations: Sequence[str], quantity: str, span: Span) -> dict[str, Hourly]:
    """Energy in mWh of every hour whose quarter-hours are all known, by installation and the hour's start (UTC)."""
    read = merged.read_each(reader, installations, quantity, span, merged.seen(reader))
    found: dict[str, Hourly] = {}
    for installation, values in zip(installations, read, strict=True):
        parts: dict[datetime, list[int]] = defaultdict(list)
        for value in values:
            if value.completeness != 0.0:
                parts[value.start.replace(minute=0)].append(to_mwh(value.energy_wh))
        found[installation] = {hour: sum(each) for hour, each in parts.items() if len(each) == QUARTERS}
    return found


def compare_rows(
    reader: Reader, community: str, path: Path, curves: Sequence[Path], days: tuple[date, date]
) -> tuple[list[dict[str, Any]], str]:
    """The distributor's assigned energy (files B5D) beside ours, by each rule of counting hours; and which rule fits.

    Raises :class:`NotShared`, :class:`serving_layer.views.money.agreements.AgreementFileError`.
    """
    of_community(reader, community)
    known = catalogue.installations(reader)
    entry, agreed = read_agreement(path, known)
    owners = {supply(str(each["cups"])): str(each["installation_id"]) for each in known if each.get("cups")}
    plant = entry.generation or community
    span = Span(*(day_start(day, agreed.zone) for day in days))
    generation = hourly(reader, [plant], "generation", span)[plant]
    official: dict[str, Hourly] = {}
    for file in curves:
        for number, curve in read_official(file).items():
            if number not in owners:
                raise NotShared(f"{file.name}: no installation is registered with the CUPS {number}.")
            official[owners[number]] = {hour: mwh for hour, mwh in curve.items() if span.start <= hour < span.end}
    found = fits(official, generation, agreed)
    rule = best_rule(found)
    said = "both rules of counting hours fit alike" if rule is None else f"the rule that fits is {rule}"
    return [_compared(fit) for fit in found], f"{said}; the agreement says {agreed.rule}"


def _compared(fit: Fit) -> dict[str, Any]:
    energies = {"official_kwh": kwh(fit.official), "ours_kwh": kwh(fit.ours)}
    beta = None if fit.implied is None else fit.implied / ONE
    return fit._asdict() | energies | {"implied_beta": beta}


def share_rows(reader: Reader, community: str, path: Path, days: tuple[date, date]) -> list[dict[str, Any]]:
    """A row a member for the local ``days``, and the total, by the agreement in ``path``.

    Raises :class:`NotShared`, :class:`serving_layer.views.money.agreements.AgreementFileError`.
    """
    of_community(reader, community)
    entry, agreed = read_agreement(path, catalogue.installations(reader))
    plant = entry.generation or community
    for named in {plant, *(member for version in agreed.versions for member in version.members)}:
        catalogue.installation(reader, named)
    return shares(reader, plant, agreed, days)


def shares(reader: Reader, plant: str, of: Agreement, days: tuple[date, date]) -> list[dict[str, Any]]:
    """The same, where the agreement is known: what ``plant`` generates is shared. Raises :class:`NotShared`."""
    span = Span(*(day_start(day, of.zone) for day in days))
    generation = hourly(reader, [plant], "generation", span)[plant]
    shared = _shared(reader, of, generation, span)
    number = (span.end - span.start) // timedelta(hours=1)
    rows = [_row(name, hours, number) | _euros(reader, name, hours, days) for name, hours in sorted(shared.items())]
    return [*rows, _total(rows, generation)]


def _shared(reader: Reader, of: Agreement, generation: Hourly, span: Span) -> dict[str, dict[datetime, Shared]]:
    members = sorted({member for version in of.versions for member in version.members})
    uses = hourly(reader, members, "consumption", span)
    try:
        return share_community(generation, uses, of)
    except NoCoefficients as error:
        raise NotShared(f"{error}.") from error


def _row(member: str, hours: Mapping[datetime, Shared], number: int) -> dict[str, Any]:
    known = [hour for hour in hours.values() if hour.self_consumed is not None]
    return {
        "member": member,
        "assigned_kwh": kwh(sum(hour.assigned for hour in hours.values())),
        "self_consumed_kwh": kwh(sum(hour.self_consumed or 0 for hour in known)),
        "surplus_kwh": kwh(sum(hour.surplus or 0 for hour in known)),
        "grid_kwh": kwh(sum(hour.grid or 0 for hour in known)),
        "unknown_hours": number - len(known),
    }


def _euros(reader: Reader, member: str, hours: Mapping[datetime, Shared], days: tuple[date, date]) -> dict[str, Any]:
    """The member's bill and saving, or why there is none."""
    try:
        of = days_of(reader, member, *days)
        billed = windows_billed(reader, of, as_windows(of.windows(), hours))
    except NotBilled as why:
        return {"note": str(why)}
    if not billed.bill.is_complete or len(billed.bill.cases) > 1 or billed.without is None:
        return {"note": "incomplete" if not billed.bill.is_complete else "the taxes depend on what is not known"}
    total, plain = billed.bill.cases[0].total, billed.without.cases[0].total
    return {"total_eur": cents(total), "saving_eur": cents(plain - total), "note": ""}


def _total(rows: Sequence[Mapping[str, Any]], generation: Hourly) -> dict[str, Any]:
    sums = {name: sum(row[name] for row in rows) for name in SHARE_COLUMNS[1:5]}
    unknown = max((row["unknown_hours"] for row in rows), default=0)
    note = f"generated {kwh(sum(generation.values()))} kWh"
    return {"member": TOTAL, **sums, "unknown_hours": unknown, "note": note}
