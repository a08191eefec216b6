"""Periods that a retailer got wrong are recognised by the kWh of its bill."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.billing.days import calendar
from energy.money.netting import Net
from energy.money.official.mistakes import mistake
from energy.money.periods import TERRITORIES
from tests.support.money.bills import HOME, KWH, contracts


def period(local: datetime, off: bool, african: bool = False) -> str:
    """2.0TD as a person reads it."""
    hour = local.hour - african
    if off or local.weekday() >= 5 or local.hour < 8:
        return "P3"
    return "P1" if hour in (10, 11, 12, 13, 18, 19, 20, 21) else "P2"


@pytest.mark.parametrize(
    ("territory", "month", "wrong", "said"),
    [
        ("peninsula", (2026, 4), "good friday", "2026-04-03 taken for a day off"),
        ("peninsula", (2026, 10), "columbus day", "2026-10-12 taken for a working day"),
        ("ceuta", (2026, 6), "peninsula", "the hours of the peninsula"),
        ("canarias", (2026, 6), "clock", "the clock of the peninsula"),
        ("peninsula", (2026, 6), "late", "hours an hour late"),
        ("peninsula", (2026, 6), "nothing", None),
    ],
)
def test_a_common_mistake_is_named(territory: str, month: tuple[int, int], wrong: str, said: str | None) -> None:
    first = date(*month, 1)
    of = calendar(tariffs(), contracts(HOME | {"territory": territory}), first, first.replace(month=first.month + 1))
    windows = [Net(start, (start.hour + 1) * KWH, 0) for start in of.windows()]
    stated: dict[str, Fraction] = defaultdict(Fraction)
    # The last hour of a month that is read an hour late is in the next one's bill.
    for window in windows[:-1] if wrong == "late" else windows:
        local = (window.start + timedelta(hours=wrong == "late")).astimezone(
            MADRID if wrong == "clock" else TERRITORIES[territory]
        )
        day = (local.month, local.day)
        off = (day == (10, 12) and wrong != "columbus day") or (day == (4, 3) and wrong == "good friday")
        african = territory == "ceuta" and wrong != "peninsula"
        stated[period(local, off, african)] += window.grid // KWH
    assert mistake(tariffs(), of, windows, stated) == said
    assert mistake(tariffs(), of, windows, {"P1": Fraction(1)}) is None
