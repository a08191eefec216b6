"""Cases of what a month owes and has saved, by what its taxes depend on: said alike wherever months are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from energy.money.community.settled import CaseEuros
from energy.money.taxes import OTHERWISE

EUROS = ("total_eur", "saving_eur")
Case = dict[str, Any]
"""``condition``, None if none came true, and EUROS."""


def case(condition: str | None, total: Decimal, saving: Decimal | None) -> Case:
    """One outcome, in EUR."""
    return {"condition": None if condition == OTHERWISE else condition, "total_eur": total, "saving_eur": saving}


def of_bills(made: Iterable[CaseEuros]) -> list[Case]:
    """Cases of a bill with its share."""
    return [case(each.condition, _euros(each.total), None if each.saving is None else _euros(each.saving))
            for each in made]  # fmt: skip


def _euros(of_cents: int) -> Decimal:
    return Decimal(of_cents).scaleb(-2)


def of_row(row: Mapping[str, Any]) -> list[Case]:
    """Cases of a row of table ``settlement_month``: one where nothing is open, none where it has no euros."""
    if row["total_eur"] is not None:
        return [case(None, row["total_eur"], row["saving_eur"])]
    totals, savings = (row.get(name) or {} for name in ("totals_eur", "savings_eur"))
    names = sorted(totals, key=lambda name: (name != OTHERWISE, name))
    return [case(name, totals[name], savings.get(name)) for name in names]


def together(months: Sequence[Sequence[Case]]) -> list[Case]:
    """The sums over members of one month; none where one of them has no euros."""
    if not months or not all(months):
        return []
    conditions = sorted({each["condition"] or "" for month in months for each in month})
    return [_sum(condition or None, months) for condition in conditions]


def _sum(condition: str | None, months: Sequence[Sequence[Case]]) -> Case:
    """The sum of the months where ``condition`` came true; a month that does not depend on it is as it is."""
    held = [next((each for each in month if each["condition"] == condition), month[0]) for month in months]
    savings = [each["saving_eur"] for each in held]
    saving = None if None in savings else sum(savings, Decimal(0))
    return case(condition, sum((each["total_eur"] for each in held), Decimal(0)), saving)


def text(cases: Sequence[Case]) -> str:
    """The cases of a table's cell; "" where nothing is open."""
    if len(cases) < 2:
        return ""
    return "; ".join(f"{each['total_eur']} ({each['saving_eur']}) {_when(each['condition'])}" for each in cases)


def _when(condition: str | None) -> str:
    return OTHERWISE if condition is None else f"if {condition}"


def printed(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their ``cases`` as a text."""
    return [dict(row) | {"cases": text(row.get("cases") or ())} for row in rows]
