"""Four months of a real Spanish home, hour by hour, billed and reckoned again in plain decimals."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from conf.tariffs import tariffs
from energy.money.billing.bill import bill
from energy.money.billing.days import calendar
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.netting import Net
from tests.support.money.bills import HOME, KWH, contracts, local
from tests.support.recorded import SHARED

PRICES = {"P1": Decimal("0.25"), "P2": Decimal("0.18"), "P3": Decimal("0.12")}
CENT = Decimal("0.01")
PATH = SHARED / "api" / "datadis" / "real_home_2022.json"
BEFORE, SINCE = ("27.958789", "1.258556"), ("26.164043", "1.143132")
"""Power in EUR/kW and year, tolls and charges: the charges fall on 31 March 2022."""
MONTHS = {
    ("2022-03-10", "2022-04-01"): [(21, BEFORE), (1, SINCE)],
    ("2022-04-01", "2022-05-01"): [(30, SINCE)],
    ("2022-05-01", "2022-06-01"): [(31, SINCE)],
    ("2022-06-01", "2022-07-01"): [(30, SINCE)],
}


def period(local_hour: datetime) -> str:
    """2.0TD of the peninsula, as a person reads the rule: no holiday of these months falls on a working day."""
    if local_hour.weekday() >= 5 or local_hour.hour < 8:
        return "P3"
    return "P1" if local_hour.hour in (10, 11, 12, 13, 18, 19, 20, 21) else "P2"


@pytest.mark.parametrize("month", MONTHS, ids=[first[:7] for first, _ in MONTHS])
def test_a_month_of_a_real_home(month: tuple[str, str]) -> None:
    if not PATH.is_file():
        pytest.skip(f"the real home is not here: {PATH} (SOLERA_SHARED_DATA names the folder)")
    first, until = map(date.fromisoformat, month)
    days = (until - first).days
    rows = json.loads(PATH.read_text())["consumptions"]
    values = ((datetime.fromisoformat(row["datetime"]), Decimal(str(row["value_kWh"]))) for row in rows)
    hours = {hour: value for hour, value in values if first <= hour.date() < until}
    assert len(hours) == 24 * days - (first.month == 3)
    energy = {"kind": "fixed", "prices_eur_kwh": list(PRICES.values())}
    stated = contracts(HOME | {"power_kw": ["4.4", "4.4"], "energy": energy})
    of = calendar(tariffs(), stated, first, until)
    nets = [Net(local(str(hour)), int(value * KWH), 0) for hour, value in sorted(hours.items())]
    found = bill(tariffs(), of, nets, Market({}))

    used: dict[str, Decimal] = defaultdict(Decimal)
    for hour, value in hours.items():
        used[period(hour)] += value
    power = [cent(Decimal("4.4") * Decimal(price) * n / 365) for n, prices in MONTHS[month] for price in prices]
    lines = [cent(used[name] * price) for name, price in PRICES.items()]
    meter = cent(Decimal("0.81") * 12 * days / 365)
    base = sum([*power, *lines], Decimal(0))
    tax = cent(max(base * Decimal("0.005"), sum(used.values(), Decimal(0)) / 1000))
    assert cents(found.cases[0].total) == base + tax + meter + cent((base + tax + meter) * Decimal("0.10"))


def cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
