"""The euros of a month by what its taxes depend on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from energy.money.community.settled import CaseEuros
from serving_layer.views.money import cases
from serving_layer.web.sharing import shares
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.words import NOTHING

CPI = "the index rose"
OPEN = [cases.case(None, Decimal("45.20"), Decimal("10.05")), cases.case(CPI, Decimal("40.10"), Decimal("9.00"))]
SURE = [cases.case(None, Decimal("30.00"), Decimal("5.00"))]


def row(**of: Any) -> dict[str, Any]:
    return {"total_eur": None, "saving_eur": None, "totals_eur": None, "savings_eur": None} | of


def test_a_stored_month_has_a_case_for_each_outcome_the_one_without_condition_first() -> None:
    maps = {"totals_eur": {CPI: Decimal("40.10"), "otherwise": Decimal("45.20")},
            "savings_eur": {CPI: Decimal("9.00"), "otherwise": Decimal("10.05")}}  # fmt: skip
    assert cases.of_row(row(**maps)) == OPEN
    assert cases.of_row(row(total_eur=Decimal("30.00"), saving_eur=Decimal("5.00"))) == SURE
    assert cases.of_row(row()) == []


def test_a_bill_says_it_alike() -> None:
    assert cases.of_bills([CaseEuros("otherwise", 4520, 1005), CaseEuros(CPI, 4010, 900)]) == OPEN


def test_members_come_to_a_sum_in_each_outcome_and_to_none_without_one_of_them() -> None:
    assert cases.together([OPEN, SURE]) == [
        cases.case(None, Decimal("75.20"), Decimal("15.05")), cases.case(CPI, Decimal("70.10"), Decimal("14.00")),
    ]  # fmt: skip
    assert cases.together([SURE, SURE]) == [cases.case(None, Decimal("60.00"), Decimal("10.00"))]
    assert cases.together([OPEN, []]) == cases.together([]) == []


def test_a_cell_names_what_each_depends_on_and_a_page_shows_both() -> None:
    assert cases.text(OPEN) == "45.20 (10.05) otherwise; 40.10 (9.00) if the index rose"
    assert cases.text(SURE) == cases.text([]) == ""
    assert [each["cases"] for each in cases.printed([{"cases": OPEN}, {"cases": []}])] == [cases.text(OPEN), ""]
    assert shares.either(OPEN, "total_eur", EN) == "40.10 € – 45.20 €"
    assert shares.either(OPEN, "total_eur", ES) == "40,10 € – 45,20 €"
    assert (shares.either(SURE, "saving_eur", EN), shares.either([], "total_eur", EN)) == ("5.00 €", NOTHING)
