"""Energy that the members of a community were assigned and used, and what that saved each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from conf.refusal import Refusal
from energy.calendar import day_start
from energy.money.community.agreement import Agreement, NoCoefficients
from energy.money.community.settled import CONDITIONAL, INCOMPLETE, case_euros
from energy.money.community.sharing import GENERATION, Estimated, Shared, share_community
from energy.money.exact import kwh
from energy.money.netting import Flow, Flows
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged
from serving_layer.views.money import cases
from serving_layer.views.money.agreements import read_agreement
from serving_layer.views.money.bills import Billed, NotBilled, days_of, flows, share_windows, span_of, windows_billed
from serving_layer.views.parts import communities
from store.catalogue import COMMUNITY

QUARTERS = 4
SHARE_COLUMNS = (
    "member", "assigned_kwh", "self_consumed_kwh", "surplus_kwh", "grid_kwh", "unknown_hours", "estimated_hours",
    "estimated_assigned_kwh", "estimated_grid_kwh", "total_eur", "saving_eur", "cases", "note",
)  # fmt: skip
TOTAL = "total"
Hourly = Mapping[datetime, int]


class NotShared(Refusal):
    """Shares that can't be computed; the text says what is missing."""

    kind: ClassVar[str] = "not-shared"
    status = 422


def of_community(reader: Reader, community: str) -> None:
    """Raise :class:`NotShared` unless ``community`` is registered as one."""
    if catalogue.installation(reader, community).get("kind") != COMMUNITY:
        raise NotShared(f"{community} is no community; register it with kind: community.")


class Known(NamedTuple):
    """Energy in mWh of the hours whose quarter-hours are all known, by start (UTC); those not measured throughout."""

    mwh: Hourly
    estimated: Set[datetime]


def known_hours(reader: Reader, installations: Sequence[str], quantity: str, span: Span) -> dict[str, Known]:
    """The known hours by installation."""
    read = merged.read_each(reader, installations, quantity, span, merged.seen(reader))
    found = {}
    for installation, values in zip(installations, read, strict=True):
        found[installation] = whole_hours(flows(values))
    return found


def whole_hours(quarters: Flows) -> Known:
    """The hours of which all quarter-hours are there."""
    parts: dict[datetime, list[Flow]] = defaultdict(list)
    for start, flow in quarters.items():
        parts[start.replace(minute=0)].append(flow)
    whole = {hour: each for hour, each in parts.items() if len(each) == QUARTERS}
    return Known(
        {hour: sum(flow.mwh for flow in each) for hour, each in whole.items()},
        {hour for hour, each in whole.items() if not all(flow.is_measured for flow in each)},
    )


def hourly(reader: Reader, installations: Sequence[str], quantity: str, span: Span) -> dict[str, Hourly]:
    """The energy of those hours alone, by installation."""
    return {name: known.mwh for name, known in known_hours(reader, installations, quantity, span).items()}


@contextmanager
def coefficients_needed() -> Iterator[None]:
    """Says which coefficients what is done meanwhile lacks. Raises :class:`NotShared`."""
    try:
        yield
    except NoCoefficients as error:
        raise NotShared(f"{error}: complete the agreement, or ask for other days.") from error


def share_rows(reader: Reader, community: str, path: Path, days: tuple[date, date]) -> list[dict[str, Any]]:
    """A row a member for the local ``days``, and the total, by the agreement in ``path``.

    Raises :class:`NotShared`, :class:`serving_layer.views.money.agreements.AgreementFileError`.
    """
    plant, agreed = agreement_of(reader, community, path)
    return shares(reader, plant, agreed, days)


def agreement_of(reader: Reader, community: str, path: Path) -> tuple[str, Agreement]:
    """The agreement by which a generation is shared, and its community. Raises as :func:`share_rows`."""
    of_community(reader, community)
    entry, agreed = read_agreement(path, catalogue.installations(reader))
    plant = entry.generation or community
    for named in {plant, *agreed.members}:
        catalogue.installation(reader, named)
    return plant, agreed


def left_open(agreed: Agreement, belonging: Iterable[str], today: date) -> list[str]:
    """Gaps of the agreement: members (their ids) that it does not name, and files of ``today``'s year that it lacks."""
    newest = agreed.versions[-1]
    said = [
        f"{each} has no coefficient from {newest.since} on: it uses the grid's alone."
        for each in sorted(set(belonging) - set(newest.members))
    ]
    held = agreed.version(today)
    if held is not None and held.hourly and today.year not in held.hourly:
        said.append(f"The file of {today.year} is missing: hours from its first on are not settled.")
    return said


def member_billed(reader: Reader, member: str, path: Path, days: tuple[date, date], due: date | None) -> Billed:
    """The bill of a member with its share by the agreement in ``path``. Raises as :func:`share_rows`."""
    of = days_of(reader, member, *days)
    span = span_of(of)
    belonged = communities(catalogue.installation(reader, member), span)
    if len(belonged) != 1:
        where = " and ".join(belonged) or "no community"
        raise NotShared(f"{member} belonged to {where} then; ask for days of one community, or register it there.")
    plant, agreed = agreement_of(reader, belonged[0], path)
    generated = known_hours(reader, [plant], "generation", span)[plant]
    shared = shared_hours(reader, generated, agreed, agreed.members, span)
    return windows_billed(reader, of, share_windows(of, agreed.zone, shared.get(member, {})), due)


def shares(reader: Reader, plant: str, of: Agreement, days: tuple[date, date]) -> list[dict[str, Any]]:
    """The same, where the agreement is known: what ``plant`` generates is shared. Raises :class:`NotShared`."""
    span = Span(*(day_start(day, of.zone) for day in days))
    generated = known_hours(reader, [plant], "generation", span)[plant]
    shared = shared_hours(reader, generated, of, of.members, span)
    number = (span.end - span.start) // timedelta(hours=1)
    rows = [
        _row(name, hours, number) | _euros(reader, name, hours, of.zone, days) for name, hours in sorted(shared.items())
    ]
    return [*rows, _total(rows, generated.mwh)]


def shared_hours(
    reader: Reader, generated: Known, of: Agreement, members: Sequence[str], span: Span
) -> dict[str, dict[datetime, Shared]]:
    """Every member's hours; those of ``members`` with their use. Raises :class:`NotShared`."""
    used = known_hours(reader, members, "consumption", span)
    estimated = Estimated(generated.estimated, {name: known.estimated for name, known in used.items()})
    with coefficients_needed():
        return share_community(generated.mwh, {name: known.mwh for name, known in used.items()}, of, estimated)


def _row(member: str, hours: Mapping[datetime, Shared], number: int) -> dict[str, Any]:
    known = [hour for hour in hours.values() if hour.self_consumed is not None]
    return {
        "member": member,
        "assigned_kwh": kwh(sum(hour.assigned for hour in hours.values())),
        "self_consumed_kwh": kwh(sum(hour.self_consumed or 0 for hour in known)),
        "surplus_kwh": kwh(sum(hour.surplus or 0 for hour in known)),
        "grid_kwh": kwh(sum(hour.grid or 0 for hour in known)),
        "unknown_hours": number - len(known),
        "estimated_hours": sum(hour.estimated != 0 for hour in hours.values()),
        "estimated_assigned_kwh": kwh(sum(hour.assigned for hour in hours.values() if hour.estimated & GENERATION)),
        "estimated_grid_kwh": kwh(sum(hour.grid or 0 for hour in known if hour.estimated)),
    }


def _euros(
    reader: Reader, member: str, hours: Mapping[datetime, Shared], zone: tzinfo, days: tuple[date, date]
) -> dict[str, Any]:
    """The member's bill and saving, or why there is none."""
    try:
        of = days_of(reader, member, *days)
        billed = windows_billed(reader, of, share_windows(of, zone, hours))
    except NotBilled as why:
        return {"note": str(why)}
    if not billed.bill.is_complete or billed.without is None:
        return {"note": INCOMPLETE}
    found = cases.of_bills(case_euros(billed.bill, billed.without))
    if len(found) > 1:
        return {"cases": cases.text(found), "note": billed.bill.noted(CONDITIONAL)}
    return {name: found[0][name] for name in cases.EUROS} | {"note": billed.bill.lacks}


def _total(rows: Sequence[Mapping[str, Any]], generation: Hourly) -> dict[str, Any]:
    sums = {name: sum(row[name] for row in rows) for name in SHARE_COLUMNS if name.endswith("_kwh")}
    most = {name: max((row[name] for row in rows), default=0) for name in SHARE_COLUMNS if name.endswith("_hours")}
    note = f"generated {kwh(sum(generation.values()))} kWh"
    return {"member": TOTAL, **sums, **most, "note": note}
