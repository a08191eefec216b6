"""The lines of a bill in words: what was supplied, at which price, what sets it, and the amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from energy.money.billing.basis import CONTRACT, Basis
from energy.money.billing.bill import Case
from energy.money.billing.line import Line
from energy.money.exact import cents
from energy.money.taxes import OTHERWISE
from serving_layer.views.money.bills import Billed
from serving_layer.views.money.rows import line_basis, tax_basis
from serving_layer.web.money import eur
from serving_layer.web.words.words import Words

MOST_DECIMALS = 6


class Shown(NamedTuple):
    """One line: what it is called, how it is reckoned, what it rests on, and the amount."""

    name: str
    reckoned: str
    basis: str
    amount: str


class ShownCase(NamedTuple):
    """Taxes and total of one outcome; ``condition`` "" where nothing is open."""

    condition: str
    taxes: list[Shown]
    total: str
    saved: str


def lines(of: Billed, words: Words) -> list[Shown]:
    """Lines before taxes."""
    return [_shown(line, line_basis(of, line), words) for line in of.bill.lines]


def before_taxes(of: Billed, words: Words) -> str:
    """The sum of the lines before taxes."""
    return eur(cents(sum(line.amount for line in of.bill.lines)), words)


def cases(of: Billed, words: Words) -> list[ShownCase]:
    """Every outcome, the one in which no condition came true first."""
    plain: Sequence[Case | None] = [None] * len(of.bill.cases) if of.without is None else of.without.cases
    return [_case(of, case, alone, words) for case, alone in zip(of.bill.cases, plain, strict=True)]


def _case(of: Billed, case: Case, alone: Case | None, words: Words) -> ShownCase:
    named = ""
    if len(of.bill.cases) > 1:
        when = case.condition != OTHERWISE
        named = words.pages["case_if"].format(what=words.sentence(case.condition)) if when else words.pages["case_else"]
    taxes = [_shown(line, tax_basis(of, case, line), words) for line in case.taxes]
    saved = "" if alone is None or not of.bill.is_complete else eur(cents(alone.total - case.total), words)
    return ShownCase(named, taxes, eur(cents(case.total), words), saved)


def _shown(line: Line, basis: Iterable[Basis], words: Words) -> Shown:
    name = words.pages.get(f"line {line.kind}", line.kind)
    reckoned = [_times(line, words), days(line.since, line.until, words)]
    if line.estimated_kwh:
        reckoned.append(words.pages["line_estimated"].format(kwh=exact(line.estimated_kwh, words)))
    texts = [_text(each, words) for each in basis]
    period = line.period if line.period[1:].isdigit() else ""
    return Shown(f"{name} {period}".strip(), "; ".join(each for each in reckoned if each), ", ".join(texts),
                 eur(cents(line.amount), words))  # fmt: skip


def _times(line: Line, words: Words) -> str:
    """Quantity times price, as far as they are known."""
    parts = [(line.quantity, line.unit), (line.price, line.price_unit)]
    said = [f"{exact(of, words)} {words.pages.get(f'unit {unit}', unit)}" for of, unit in parts if of is not None]
    return " × ".join(said)


def exact(number: Decimal, words: Words) -> str:
    """A number with the decimals that it has, six at most."""
    decimals = max(0, -int(number.normalize().as_tuple().exponent))
    return words.number(number, min(decimals, MOST_DECIMALS))


def days(since: date, until: date, words: Words) -> str:
    """The first and the last day, which is the one before ``until``."""
    pattern, last = words.pages["pattern_date"], until - timedelta(days=1)
    return f"{words.dated(since, pattern)} – {words.dated(last, pattern)}"


def _text(basis: Basis, words: Words) -> str:
    text = words.pages["line_contract"] if basis.text == CONTRACT else words.sentence(basis.text)
    if basis.since is None:
        return text
    return words.pages["line_since"].format(text=text, day=words.dated(basis.since, words.pages["pattern_date"]))


def causes(rows: Iterable[dict[str, Any]], words: Words) -> list[tuple[str, str]]:
    """Causes why an official bill differs: the name of each, and its amount."""
    return [(words.pages.get(f"cause {row['cause']}", row["cause"]), eur(row["eur"], words)) for row in rows]
