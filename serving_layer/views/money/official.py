"""Reads the file of an official bill's lines, and says why that bill differs from ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

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
YEARS = range(2000, 2100)
MOST_DIGITS = 12
"""Before or behind the point of a number."""


class OfficialBillError(Refusal):
    """A file of bill lines that can't be taken; the text names the line."""

    kind: ClassVar[str] = "official-bill"
    status = 422


def read(path: Path) -> Statement:
    """The bill in a CSV file with the columns of `solera bill --format csv`. Raises :class:`OfficialBillError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OfficialBillError(f"{path} can't be read: {error.strerror}.") from None
    return parse(str(path), content)


def parse(name: str, content: bytes) -> Statement:
    """The same of a file's ``content``; a spreadsheet's semicolons and Windows letters are taken, too."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        if not set(NEEDED) <= set(rows.fieldnames or ()):
            raise OfficialBillError(
                f"{name} lacks a column of {', '.join(NEEDED)}; `solera bill --format csv` has them."
            )
        return statement(_lines(name, rows))
    except (NotABill, csv.Error) as error:
        raise OfficialBillError(f"{name}: {error}.") from None


def _lines(name: str, rows: csv.DictReader[str]) -> Iterator[StatedLine]:
    for row in rows:
        fields = {column: (value or "").strip() for column, value in row.items() if isinstance(column, str)}
        if not any(fields.values()):
            continue
        if fields.get("condition", "") not in ("", OTHERWISE):
            continue  # our own lines are a form, and have the taxes of each outcome
        kind, where = fields["kind"], f"{name}, line {rows.line_num}"
        if kind not in KINDS:
            raise OfficialBillError(f"{where}: kind is {kind!r}, write one of {', '.join(KINDS)}.")
        try:
            days = (_day(fields["from"]), _day(fields["until"]))
            numbers = (_number(fields.get(column, "")) for column in ("quantity", "price", "eur"))
            yield StatedLine(kind, fields.get("period", ""), *days, *numbers)
        except (ValueError, InvalidOperation):
            raise OfficialBillError(
                f"{where}: days are written 2026-03-29, numbers 12.34 or 12,34, without units."
            ) from None


def _day(text: str) -> date:
    """The day. Raises ``ValueError``."""
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError(text)
    return day


def _number(text: str) -> Decimal | None:
    """The number; "" is none. Raises ``ValueError``, ``InvalidOperation``."""
    # A leading apostrophe keeps a spreadsheet from taking a negative number for a formula.
    plain = text.removeprefix("'")
    if not plain:
        return None
    number = Decimal(plain.replace(",", "."))
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(plain)
    return number


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


class Difference(NamedTuple):
    """Our bill of the ``days``, what an official one says, and why they differ."""

    days: tuple[date, date]
    rows: list[dict[str, Any]]
    """Our total, one amount a cause, and the official total, EUR."""
    mistake: str | None
    """The mistake in the periods that the official kWh look like."""

    @property
    def caption(self) -> str:
        """The sum of the amounts, and the mistake."""
        if self.mistake is None:
            return CAUSE_CAPTION
        return f"{CAUSE_CAPTION}. Its kWh by period are as if with {self.mistake}"


def difference(bill: Callable[[date, date], Billed], theirs: Statement, days: tuple[date, date] | None) -> Difference:
    """The difference of the official bill from the one ``bill`` makes of ``days``, else of the official one's days."""
    of_theirs = (theirs.first, theirs.until)
    chosen = days or of_theirs
    mine = bill(*chosen)
    beside = None if chosen == of_theirs else bill(*of_theirs)
    named = mistake(tariffs(), (beside or mine).of, (beside or mine).windows, theirs.grid)
    return Difference(chosen, difference_rows(mine, theirs, beside), named)


def difference_rows(mine: Billed, official: Statement, on_their_days: Billed | None) -> list[dict[str, Any]]:
    """Our total, one amount a cause, and the official total, EUR."""
    said = ours(mine)
    found = causes(said, official, None if on_their_days is None else ours(on_their_days))
    rows = [{"cause": "our bill", "eur": _eur(said.said.total)}]
    rows += [each._asdict() for each in found]
    return [*rows, {"cause": "official bill", "eur": _eur(official.total)}]


def _eur(total: Fraction | None) -> Decimal:
    return Decimal(round((total or Fraction(0)) * 100)).scaleb(-2)
