"""Settlements by the nights: each member's months, their hours, and what a later night has changed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

from energy.calendar import months_later
from energy.energy_row import to_mwh
from energy.money.billing.days import Calendar
from energy.money.community.sharing import USE, Shared
from serving_layer.reader import Reader
from serving_layer.views import merged
from serving_layer.views.money import cases, kept_agreement
from serving_layer.views.money.bills import Billed, billed, days_of, share_windows, windows_billed
from serving_layer.views.money.community import NotShared
from store.instants import utc
from store.runs import Published

ENERGIES = ("assigned_wh", "self_consumed_wh", "surplus_wh", "grid_wh")
ESTIMATED = ("estimated_hours", "estimated_assigned_wh", "estimated_grid_wh")
"""Hours whose generation or use was not measured throughout, and what rests on it; None: noted only later."""
MONTH_COLUMNS = (
    "installation_id", "month", "community_id", "hours", "known_hours", *ENERGIES, "total_eur", "saving_eur", "cases",
    *ESTIMATED, "note", "run_id",
)  # fmt: skip
HOUR_COLUMNS = ("start", *ENERGIES, "estimated", "run_id")
CHANGE_COLUMNS = ("installation_id", "month", "why", "changed_hours", "before_eur", "after_eur", "run_id")
TOTAL = "total"
_MONTHS = (
    "SELECT installation_id, month, community_id, run_id, hours, known_hours, assigned_wh, self_consumed_wh, "
    "surplus_wh, grid_wh, total_eur, saving_eur, note, why, changed_hours, totals_eur, savings_eur, estimated_hours, "
    "estimated_assigned_wh, estimated_grid_wh "
    "FROM settlement_month WHERE installation_id = ?"
)
_MONTH = f"{_MONTHS} AND month = ?"
_HOURS = (
    "SELECT start, run_id, assigned_wh, self_consumed_wh, surplus_wh, grid_wh, estimated FROM settlement "
    "WHERE installation_id = ? AND month = ?"
)


def months(reader: Reader, installation_id: str, visible: Published) -> list[dict[str, Any]]:
    """The settled months of a member, the newest first, each with the ``changes`` that later runs have made.

    Without those in which it shares nothing, whose bill is made when it is asked for.
    """
    rows = (row for row in reader.rows(_MONTHS, installation_id) if row.run_id in visible.run_ids)
    return _newest([row._asdict() for row in rows if row.community_id])


def of_members(reader: Reader, community: str, month: date, visible: Published) -> list[dict[str, Any]]:
    """The settled ``month`` (its first day) of every member that the kept agreement names, by id.

    Raises :class:`NotShared` where no agreement is kept.
    """
    questions = [(member, month) for member in kept_agreement.members(reader, community)]
    found = _of_community(reader.each(_MONTH, questions), community, visible)
    return sorted(found, key=_id)


def of_all(reader: Reader, community: str, visible: Published) -> list[dict[str, Any]]:
    """Every settled month of every member, the newest first. Raises as :func:`of_members`."""
    questions = [(member,) for member in kept_agreement.members(reader, community)]
    return _of_community(reader.each(_MONTHS, questions), community, visible)


def _of_community(answers: Iterable[Iterable[Any]], community: str, visible: Published) -> list[dict[str, Any]]:
    rows = (row._asdict() for answer in answers for row in answer if row.run_id in visible.run_ids)
    return _newest(row for row in rows if row["community_id"] == community)


def total(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of the members' months; euros only where every member has them."""
    energies = {name: sum(to_mwh(row[name]) for row in rows) / 1000 for name in ENERGIES}
    euros = {name: _sum([row[name] for row in rows]) for name in ("total_eur", "saving_eur")}
    known = min((row["known_hours"] for row in rows), default=0)
    estimated = {name: _most(name, [row[name] for row in rows]) for name in ESTIMATED}
    together = {"cases": cases.together([row["cases"] for row in rows])}
    return {"installation_id": TOTAL, "known_hours": known} | energies | euros | together | estimated


def hours(reader: Reader, installation_id: str, month: date, visible: Published) -> list[dict[str, Any]]:
    """The hours of a member's settled month, by start (UTC); a value that is not known is None."""
    rows = reader.rows(_HOURS, installation_id, month)
    found: dict[datetime, dict[str, Any]] = {}
    for row in rows:
        if row.run_id in visible.run_ids:
            found.setdefault(utc(row.start), row._asdict() | {"start": utc(row.start)})
    return list(found.values())


def changes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Changes by later runs of the settled months ``rows``, each a row."""
    return [
        {"installation_id": row["installation_id"], "month": row["month"]} | change
        for row in rows
        for change in row["changes"]
    ]


def shared_billed(reader: Reader, member: str, days: tuple[date, date], due: date | None, visible: Published) -> Billed:
    """The bill of a member's local days with its share as it is settled.

    Raises :class:`serving_layer.views.money.bills.NotBilled`, and :class:`NotShared` where nothing is settled.
    """
    of = days_of(reader, member, *days)
    shared = {
        hour["start"]: _shared(hour) for month in _months_of(of) for hour in hours(reader, member, month, visible)
    }
    if not shared:
        raise NotShared(f"Nothing of {member} is settled in these days: a night settles by the agreement that is kept.")
    known = {start: each for start, each in shared.items() if each is not None}
    return windows_billed(reader, of, share_windows(of, of.zone, known), due)


def maker(
    reader: Reader, installation_id: str, is_shared: bool, due: date | None = None
) -> Callable[[date, date], Billed]:
    """The function that makes the bill of local days, from one to before another, with its share as settled or none."""
    if not is_shared:
        return lambda first, until: billed(reader, installation_id, first, until, due)
    visible = merged.seen(reader)
    return lambda first, until: shared_billed(reader, installation_id, (first, until), due, visible)


def _months_of(of: Calendar) -> list[date]:
    found = [of.first.replace(day=1)]
    while (later := months_later(found[-1])) < of.until:
        found.append(later)
    return found


def _shared(hour: Mapping[str, Any]) -> Shared | None:
    if hour["assigned_wh"] is None:
        return None
    assigned, own, left, grid = (None if hour[name] is None else to_mwh(hour[name]) for name in ENERGIES)
    return Shared(assigned or 0, own, left, grid, USE if hour["estimated"] else 0)


def _newest(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The row of the newest run for each month and community, with what changed on the way to it."""

    def of(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return _id(row), row["month"], row["community_id"]

    found = []
    ordered = sorted(rows, key=lambda row: (*of(row), row["run_id"]))
    for _, group in groupby(ordered, key=of):
        together = [_month(row) for row in group]
        steps = [_change(before, after) for before, after in pairwise(together)]
        found.append(together[-1] | {"changes": [step for step in steps if step is not None]})
    return sorted(found, key=lambda row: (row["month"], _id(row)), reverse=True)


def _month(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is shown: with its cases in place of the maps."""
    shown = {name: value for name, value in row.items() if name not in ("totals_eur", "savings_eur")}
    return shown | {"month": row["month"].date(), "cases": cases.of_row(row)}


def _change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """None where no hour had another value before, and no total either: what is new is no change."""
    if not after["changed_hours"] and (before["total_eur"] in (None, after["total_eur"])):
        return None
    return {
        "run_id": after["run_id"], "why": after["why"], "changed_hours": after["changed_hours"],
        "before_eur": before["total_eur"], "after_eur": after["total_eur"],
    }  # fmt: skip


def _id(row: Mapping[str, Any]) -> str:
    return str(row["installation_id"])


def _most(name: str, values: Sequence[float | None]) -> float | None:
    """The most hours of any member, and the energy of all; None where one was settled before it was noted."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return max(known) if name == ESTIMATED[0] else sum(map(to_mwh, known)) / 1000


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(values) else None
