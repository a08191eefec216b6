"""One home's last whole month in euros, its share in the community, and why another bill of it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from conf.refusal import Refusal
from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.billing.bill import bill
from energy.money.community.agreement import ONE, Agreement, Version, agreement
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.official.statement import statement
from energy.money.saving import without_compensation
from energy.money.taxes import OTHERWISE
from ingest.simulator.homes import COMMUNITY
from serving_layer.reader import Reader
from serving_layer.views import merged
from serving_layer.views.money.bills import Billed, billed
from serving_layer.views.money.official import difference_rows, stated_lines
from serving_layer.views.money.rows import line_rows
from serving_layer.views.money.settlement import ENERGIES, of_members, total
from stack.terminal import print_whole

WORDS = ("kind", "period", "cause", "case", "installation_id", "unit")
SETTLED = ("installation_id", *ENERGIES, "total_eur", "saving_eur")
SHOWN = ("kind", "period", "quantity", "unit", "price", "eur")


def money(reader: Reader, members: Sequence[str], cut: datetime, console: Console) -> None:
    """Print a home's bill, its share and one explained difference; where there is no bill, why."""
    days = last_month(cut)
    try:
        found = billed(reader, members[0], *days)
        share = _share(reader, members[0], days[0])
    except Refusal as why:
        console.print(f"{members[0]} has no bill of {days[0]:%Y-%m}: {why}")
        return
    title = f"{members[0]}: bill of {days[0]:%Y-%m} in EUR, the home's energy at a Spanish tariff"
    columns = SHOWN if len(found.bill.cases) == 1 else (*SHOWN, "case")
    print_whole(console, _rows(title, columns, list(_lines(found))))
    for sentence in savings(found):
        console.print(sentence)
    console.print()
    print_whole(console, share)
    print_whole(console, _difference(found))


def _lines(found: Billed) -> Iterator[dict[str, Any]]:
    """The lines of the bill; of a condition that is not known, in which case a tax and the total stand."""
    for row in line_rows(found):
        condition = row.get("condition")
        yield row | {"case": None if condition is None else _cases(found)[condition]}


def _cases(found: Billed) -> dict[str, str]:
    """Each condition as the table says it: ``otherwise``, or the number by which it is told below."""
    named = [case.condition for case in found.bill.cases if case.condition != OTHERWISE]
    return {OTHERWISE: OTHERWISE} | {condition: f"if {n}" for n, condition in enumerate(named, start=1)}


def savings(found: Billed) -> Iterator[str]:
    """Savings by the panels, in each case that may be; what is not known is said."""
    if found.without is None or not found.bill.is_complete:
        yield "What its panels saved is not known, for readings are missing."
        return
    several = len(found.bill.cases) > 1
    for case, plain in zip(found.bill.cases, found.without.cases, strict=True):
        head = f"{_cases(found)[case.condition].capitalize()}: without" if several else "Without"
        yield f"{head} its panels {cents(plain.total)} EUR, saved {cents(plain.total - case.total)} EUR."
    for condition, name in _cases(found).items():
        if several and condition != OTHERWISE:
            yield f"{name.capitalize()}: {condition}."


def table_of(title: str) -> Table:
    """A table of the demo."""
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def last_month(cut: datetime) -> tuple[date, date]:
    """The first day of the last whole month in Madrid, and the day after its last."""
    until = cut.astimezone(MADRID).date().replace(day=1)
    return (until - timedelta(days=1)).replace(day=1), until


def equal_parts(members: Sequence[str], since: date) -> Agreement:
    """All that the community generates is shared in equal parts."""
    part, rest = divmod(ONE, len(members))
    betas = {member: part + (number < rest) for number, member in enumerate(members)}
    return agreement([Version(since, betas)], MADRID, "consecutive")


def _share(reader: Reader, member: str, month: date) -> Table:
    """The share of the home, and its saving, as the night has settled them; the whole community below."""
    rows = of_members(reader, COMMUNITY, month, merged.seen(reader))
    own = [row for row in rows if row["installation_id"] == member]
    return _rows("The same month as the night settled it, the community sharing in equal parts", SETTLED,
                 [*own, total(rows)])  # fmt: skip


def _difference(found: Billed) -> Table:
    """A retailer's bill that leaves the compensation out, beside ours."""
    forgetful = found._replace(bill=bill(tariffs(), without_compensation(found.of), found.windows, Market({})))
    rows = difference_rows(found, statement(stated_lines(forgetful)), None)
    differing = [row for row in rows if row["eur"]]
    return _rows("A bill that leaves the surplus out: why it differs, EUR", ("cause", "eur"), differing)


def _rows(title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> Table:
    table = table_of(title)
    for name in columns:
        table.add_column(name.replace("_", "\n"), justify="left" if name in WORDS else "right", no_wrap=True)
    for row in rows:
        table.add_row(*("" if row.get(name) is None else f"{row[name]}" for name in columns))
    return table
