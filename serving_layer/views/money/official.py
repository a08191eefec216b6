"""Reads the file of an official bill's lines, and says why that bill differs from ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from conf.refusal import Refusal
from conf.tariffs import tariffs
from energy.money.exact import euros
from energy.money.official.difference import causes
from energy.money.official.inputs import Ours
from energy.money.official.mistakes import mistake
from energy.money.official.statement import KINDS, NotABill, StatedLine, Statement, statement
from energy.money.taxes import OTHERWISE
from serving_layer.views.money.bills import Billed
from serving_layer.views.money.rows import line_rows

CAUSE_COLUMNS = ("cause", "eur")
CAUSE_CAPTION = "ours, and what each cause adds: together the official total; what two causes do is the later one's"
NEEDED = ("kind", "from", "until")


class OfficialBillError(Refusal):
    """A file of bill lines that can't be taken; the text names the line."""


def read(path: Path) -> Statement:
    """The bill in a CSV file with the columns of `solera bill --format csv`. Raises :class:`OfficialBillError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OfficialBillError(f"{path} can't be read: {error}.") from None
    rows = csv.DictReader(io.StringIO(text))
    if not set(NEEDED) <= set(rows.fieldnames or ()):
        raise OfficialBillError(f"{path} lacks a column of {', '.join(NEEDED)}; `solera bill --format csv` has them.")
    try:
        return statement(_lines(path, rows))
    except NotABill as error:
        raise OfficialBillError(f"{path}: {error}.") from None


def _lines(path: Path, rows: csv.DictReader[str]) -> Iterator[StatedLine]:
    for number, row in enumerate(rows, start=2):
        kind = (row["kind"] or "").strip()
        if kind not in KINDS:
            raise OfficialBillError(f"{path}, line {number}: kind is {kind!r}, write one of {', '.join(KINDS)}.")
        try:
            days = (date.fromisoformat(row["from"]), date.fromisoformat(row["until"]))
            numbers = (_number(row.get(name)) for name in ("quantity", "price", "eur"))
            yield StatedLine(kind, (row.get("period") or "").strip(), *days, *numbers)
        except (ValueError, InvalidOperation):
            raise OfficialBillError(
                f"{path}, line {number}: days are written 2026-03-29, numbers 12.34, without units."
            ) from None


def _number(text: str | None) -> Decimal | None:
    # A leading apostrophe keeps a spreadsheet from taking a negative number for a formula.
    plain = (text or "").strip().removeprefix("'")
    return Decimal(plain.replace(",", ".")) if plain else None


def stated_lines(of: Billed) -> list[StatedLine]:
    """The lines of our bill as an official one's are read; where the taxes depend, those if nothing came true."""
    rows = [row for row in line_rows(of) if row.get("condition", OTHERWISE) == OTHERWISE]
    numbers = ("quantity", "price", "eur")
    return [
        StatedLine(row["kind"], row.get("period", ""), row["from"], row["until"], *(row.get(name) for name in numbers))
        for row in rows
    ]


def ours(of: Billed) -> Ours:
    """Our bill, with what only we know of it."""
    supplied, conventions = of.bill.supplied, of.of.contract.conventions
    cost = sum(line.amount for line in supplied.lines)
    cap = Fraction(cost - supplied.regulated, cost) if conventions.cap != "energy_term" and cost else Fraction(1)
    minimum = tariffs().taxes.minimum.on(of.of.taxed(of.bill.due), OTHERWISE).value.rate
    worth, taxes_funding = Fraction(euros(supplied.worth)), conventions.funding_in_tax_base
    return Ours(statement(stated_lines(of)), worth, cap, Fraction(minimum, 10**9), taxes_funding)


def difference_rows(mine: Billed, official: Statement, on_their_days: Billed | None) -> list[dict[str, Any]]:
    """Our total, one amount a cause, and the official total, EUR."""
    said = ours(mine)
    found = causes(said, official, None if on_their_days is None else ours(on_their_days))
    rows = [{"cause": "our bill", "eur": _eur(said.said.total)}]
    rows += [each._asdict() for each in found]
    return [*rows, {"cause": "official bill", "eur": _eur(official.total)}]


def difference_caption(mine: Billed, official: Statement) -> str:
    """What the amounts add up to, and the mistake in the periods that the official kWh look like."""
    named = mistake(tariffs(), mine.of, mine.windows, official.grid)
    return CAUSE_CAPTION if named is None else f"{CAUSE_CAPTION}. Its kWh by period are as if with {named}"


def _eur(total: Fraction | None) -> Decimal:
    return Decimal(round((total or Fraction(0)) * 100)).scaleb(-2)
