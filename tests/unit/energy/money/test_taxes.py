"""Tax rates by the day a bill falls due, as the texts set them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from conf.tariffs import tariffs
from energy.money.dated import NoRule
from energy.money.exact import PERCENT
from energy.money.taxes import OTHERWISE, Taxed


def bill(due: str, territory: str = "peninsula", power_w: int = 4600, **more: object) -> Taxed:
    day = date.fromisoformat(due)
    values: dict[str, object] = {"last_day": day - timedelta(days=1), "use": "home"} | more
    return Taxed(territory=territory, due=day, power_w=power_w, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("due", "electricity", "vat"),
    [
        ("2021-06-25", "5.11269632", 21),
        ("2021-06-26", "5.11269632", 10),
        ("2021-09-15", "5.11269632", 10),
        ("2021-09-16", "0.5", 10),
        ("2022-06-30", "0.5", 10),
        ("2022-07-01", "0.5", 5),
        ("2023-12-31", "0.5", 5),
        ("2024-01-05", "2.5", 10),
        ("2024-02-29", "2.5", 10),
        ("2024-03-31", "2.5", 21),
        ("2024-04-30", "3.8", 21),
        ("2024-06-30", "3.8", 21),
        ("2024-07-01", "5.11269632", 21),
        ("2024-07-31", "5.11269632", 10),
        ("2024-12-31", "5.11269632", 10),
        ("2025-01-01", "5.11269632", 21),
        ("2026-03-21", "5.11269632", 21),
        ("2026-03-22", "0.5", 10),
        ("2026-05-31", "0.5", 10),
        ("2026-06-01", "5.11269632", 21),
        ("2026-10-31", "5.11269632", 21),
    ],
)
def test_rates_of_a_home_by_the_day_its_bill_falls_due(due: str, electricity: str, vat: int) -> None:
    taxes, of = tariffs().taxes, bill(due)
    assert taxes.cases(of) == [OTHERWISE]
    assert taxes.electricity.on(of, OTHERWISE).value.rate == int(float(electricity) * PERCENT + 0.5)
    assert taxes.consumption.on(of, OTHERWISE).value.rate == vat * PERCENT
    assert taxes.minimum.on(of, OTHERWISE).value.rate == 1_000_000


def test_in_2024_the_month_in_which_the_period_ends_decides() -> None:
    taxes = tariffs().taxes.consumption
    february = bill("2024-03-05", last_day=date(2024, 2, 29))
    march = bill("2024-07-02", last_day=date(2024, 6, 30))
    assert taxes.on(february, OTHERWISE).value.rate == 10 * PERCENT
    assert taxes.on(march, OTHERWISE).value.rate == 21 * PERCENT
    assert taxes.on(bill("2025-01-02", last_day=date(2024, 12, 31)), OTHERWISE).value.rate == 21 * PERCENT


@pytest.mark.parametrize(
    ("due", "power_w", "vat"),
    [("2026-04-29", 10_000, 21), ("2026-04-29", 9_999, 10), ("2026-04-30", 10_000, 10), ("2026-04-30", 10_001, 21)],
)
def test_under_and_up_to_ten_kw(due: str, power_w: int, vat: int) -> None:
    assert tariffs().taxes.consumption.on(bill(due, power_w=power_w), OTHERWISE).value.rate == vat * PERCENT


def test_a_condition_that_is_not_known_makes_two_cases() -> None:
    taxes = tariffs().taxes
    for due, month in (("2026-11-15", "September"), ("2026-12-15", "October")):
        cases = taxes.cases(bill(due))
        assert cases[0] == OTHERWISE
        assert [month in case for case in cases[1:]] == [True]
        rates = [[tax.on(bill(due), c).value.rate for tax in (taxes.electricity, taxes.consumption)] for c in cases]
        assert rates == [[511269632, 21 * PERCENT], [PERCENT // 2, 10 * PERCENT]]
    big = taxes.cases(bill("2026-11-15", power_w=12_000))
    assert [taxes.consumption.on(bill("2026-11-15", power_w=12_000), c).value.rate for c in big] == [21 * PERCENT] * 2


@pytest.mark.parametrize(
    ("territory", "use", "power_w", "name", "rate", "meter"),
    [
        ("canarias", "home", 10_000, "IGIC", 0, 7),
        ("canarias", "home", 10_001, "IGIC", 3, 7),
        ("canarias", "business", 5_000, "IGIC", 3, 7),
        ("ceuta", "home", 5_000, "IPSI", 1, 4),
        ("melilla", "business", 20_000, "IPSI", 1, 4),
        ("baleares", "business", 20_000, "IVA", 21, 21),
    ],
)
def test_taxes_of_the_territories(territory: str, use: str, power_w: int, name: str, rate: int, meter: int) -> None:
    row = tariffs().taxes.consumption.on(bill("2026-07-31", territory, power_w, use=use), OTHERWISE).value
    assert (row.name, row.rate, row.meter_rate) == (name, rate * PERCENT, meter * PERCENT)


@pytest.mark.parametrize("due", ["2021-05-31", "2027-01-01"])
def test_a_day_without_a_row_is_refused_by_date(due: str) -> None:
    for tax in tariffs().taxes.each:
        with pytest.raises(NoRule, match=due):
            tax.on(bill(due), OTHERWISE)


def test_industry_has_the_lower_minimum() -> None:
    assert tariffs().taxes.minimum.on(bill("2026-07-31", use="industry"), OTHERWISE).value.rate == 500_000
