"""The cost of this month's and today's energy, and what own sun saved, where a contract is registered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from energy.money.exact import cents
from serving_layer.reader import Reader
from serving_layer.views.money.bills import Billed, NotBilled, billed, contracts
from serving_layer.web.words.words import Words

KEPT_SECONDS = 120.0


class Euros(NamedTuple):
    """Name of the days, amount, and what there is to say of it."""

    name: str
    amount: str
    note: str


def take(reader: Reader, installation_id: str, today: date, words: Words) -> tuple[list[Euros], str]:
    """The amounts, or why there is none; neither where no contract is registered."""
    try:
        contracts(reader, installation_id)
    except NotBilled:
        return [], ""
    name = f"euros {installation_id} {words.locale}"
    return reader.kept(name, KEPT_SECONDS, lambda: _take(reader, installation_id, today, words))


def _take(reader: Reader, installation_id: str, today: date, words: Words) -> tuple[list[Euros], str]:
    asked = {"euros_month": (today.replace(day=1), today), "euros_today": (today, today + timedelta(days=1))}
    try:
        return [
            said(words.pages[name], billed(reader, installation_id, *days), words)
            for name, days in asked.items()
            if days[0] < days[1]
        ], ""
    except NotBilled as error:
        return [], words.sentence(str(error))


def said(name: str, of: Billed, words: Words) -> Euros:
    """A bill in words."""
    bill = of.bill
    totals = [case.total for case in bill.cases]
    notes = []
    if of.without is not None and bill.is_complete:
        saved = [plain.total - total for plain, total in zip(of.without.cases, totals, strict=True)]
        notes.append(words.pages["euros_saved"].format(eur=either(saved, words)))
    if len(totals) > 1:
        notes.append(words.pages["euros_depend"])
    if bill.unknown:
        share = words.number(100 * bill.unknown / bill.windows)
        notes.append(words.pages["euros_incomplete"].format(share=share))
    return Euros(name, either(totals, words), ", ".join(notes))


def either(totals: Sequence[int], words: Words) -> str:
    """The amount (10⁻¹² EUR), or the least and the greatest of those that may be."""
    return between(cents(min(totals)), cents(max(totals)), words)


def between(least: Decimal, greatest: Decimal, words: Words) -> str:
    """One amount in EUR, or two where they differ."""
    first, last = eur(least, words), eur(greatest, words)
    return first if first == last else f"{first} – {last}"


def eur(amount: Decimal, words: Words) -> str:
    """The ``amount`` as people write it."""
    return f"{words.number(float(amount), 2)} €"
