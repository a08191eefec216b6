"""A bill as rows and fields, the same from the command line and REST: EUR by rounding R1, the exact total beside."""

from __future__ import annotations

from typing import Any

from conf.tariffs import tariffs
from energy.money.billing.basis import Basis, of_line, of_tax
from energy.money.billing.bill import R1, Case
from energy.money.billing.line import Line, line_fields
from energy.money.exact import cents, euros, kwh
from energy.money.official.statement import SELF_CONSUMED, TOTAL
from energy.money.taxes import OTHERWISE
from serving_layer.views.money.bills import Billed

LINE_COLUMNS = (
    "kind", "period", "from", "until", "quantity", "unit", "price", "price_unit", "eur", "estimated_kwh", "condition",
)  # fmt: skip


def line_rows(of: Billed) -> list[dict[str, Any]]:
    """Every line, the taxes and the total of each case behind them."""
    rows = [line_fields(line) for line in of.bill.lines]
    if of.self_consumed is not None:
        days = {"from": of.bill.first, "until": of.bill.until}
        rows.append({"kind": SELF_CONSUMED, "period": "", "quantity": kwh(of.self_consumed), "unit": "kWh"} | days)
    depends = len(of.bill.cases) > 1
    for case in of.bill.cases:
        named = {"condition": case.condition} if depends else {}
        rows += [line_fields(line) | named for line in case.taxes]
        total = {"kind": TOTAL, "from": of.bill.first, "until": of.bill.until, "eur": cents(case.total)}
        rows.append(total | named)
    return rows


def fields(of: Billed) -> dict[str, Any]:
    """Fields for a program. ``total_eur`` is None where readings are missing, or the taxes depend on a condition."""
    bill, contract = of.bill, of.of.contract
    sure = bill.is_complete and len(bill.cases) == 1
    whole = [case.total for case in bill.cases]
    plain = None if of.without is None else [case.total for case in of.without.cases]
    saved = None if plain is None or not sure else cents(plain[0] - whole[0])
    self_consumed = of.self_consumed
    return {
        "from": bill.first,
        "until": bill.until,
        "due": bill.due,
        "complete": bill.is_complete,
        "windows": bill.windows,
        "unknown_windows": bill.unknown,
        "grid_kwh": kwh(bill.supplied.grid),
        "surplus_kwh": kwh(bill.supplied.surplus),
        "self_consumed_kwh": None if self_consumed is None else kwh(self_consumed),
        "compensated_eur": cents(bill.compensated),
        "beyond_cap_eur": cents(bill.beyond_cap),
        "virtual_battery_eur": cents(bill.beyond_cap) if contract.virtual_battery else None,
        "lines": [line_fields(line) | {"basis": _written(line_basis(of, line))} for line in bill.lines],
        "cases": [_case(of, case) for case in bill.cases],
        "total_eur": cents(whole[0]) if sure else None,
        "so_far_eur": cents(whole[0]),
        "without_sharing_eur": None if plain is None or not sure else cents(plain[0]),
        "saving_eur": saved,
        "rounding": R1,
        "conventions": contract.conventions.model_dump(),
        "not_included": list(bill.not_included),
        "not_included_because": bill.not_included,
    }


def caption(of: Billed) -> str:
    """The caption that a reader of the table must know, as one line."""
    bill, said = of.bill, [f"due {of.bill.due}; {R1}"]
    totals = ", ".join(f"{euros(case.exact):.4f}" for case in bill.cases)
    said.append(f"exact to the end: {totals} EUR")
    if not bill.is_complete:
        said.append(f"INCOMPLETE: {bill.unknown} of {bill.windows} windows have no value, and are in no line")
    if len(bill.cases) > 1:
        said.append("the total depends on a condition that is not known here")
    shown = fields(of)
    if shown["saving_eur"] is not None:
        plain = shown["without_sharing_eur"]
        said.append(f"without generation and sharing {plain} EUR: saved {shown['saving_eur']} EUR")
    if bill.beyond_cap:
        where = "credited to the virtual battery" if of.of.contract.virtual_battery else "lost"
        said.append(f"surplus beyond the cap, {where}: {cents(bill.beyond_cap)} EUR")
    applied = ", ".join(f"{name} {value}" for name, value in shown["conventions"].items())
    said += [f"conventions: {applied}", *([bill.lacks] if bill.lacks else [])]
    return "; ".join(said)


def line_basis(of: Billed, line: Line) -> list[Basis]:
    """Bases of a line before taxes."""
    return of_line(tariffs(), of.of, line)


def tax_basis(of: Billed, case: Case, line: Line) -> list[Basis]:
    """Bases of a tax in a case."""
    return of_tax(tariffs(), of.of, of.bill, case.condition, line)


def _written(basis: list[Basis]) -> list[dict[str, Any]]:
    return [each._asdict() for each in basis]


def _case(of: Billed, case: Case) -> dict[str, Any]:
    return {
        "condition": None if case.condition == OTHERWISE else case.condition,
        "taxes": [line_fields(line) | {"basis": _written(tax_basis(of, case, line))} for line in case.taxes],
        "total_eur": cents(case.total),
        "exact_total_eur": euros(case.exact),
    }
