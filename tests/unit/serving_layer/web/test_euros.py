"""Euros where the taxes depend on a condition that nobody here knows: both totals, on the page and in the demo."""

from __future__ import annotations

import random
from datetime import date

import pytest

from energy.money.exact import cents
from serving_layer.web import money
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.words import Words
from stack.demo.money import savings
from tests.support.money.faulty import Home, billed, home

SURE, OPEN = date(2025, 6, 10), date(2026, 11, 10)
"""Days on which a bill falls due: the taxes of the first are known, those of the second have two cases."""


@pytest.fixture
def of() -> Home:
    return home(random.Random(7))


def test_a_month_whose_taxes_are_known_has_one_total(of: Home) -> None:
    found = billed(of, SURE)
    (case,), (plain,) = found.bill.cases, found.without.cases if found.without else ()
    assert money.said("May", found, EN) == money.Euros(
        "May", money.eur(cents(case.total), EN), f"saved {money.eur(cents(plain.total - case.total), EN)}"
    )
    assert list(savings(found)) == [
        f"Without its panels {cents(plain.total)} EUR, saved {cents(plain.total - case.total)} EUR."
    ]


@pytest.mark.parametrize(("words", "depends"), [(EN, "a condition that is not known"), (ES, "no se conoce")])
def test_both_totals_are_said_where_the_taxes_depend(of: Home, words: Words, depends: str) -> None:
    found = billed(of, OPEN)
    totals = sorted(cents(case.total) for case in found.bill.cases)
    assert len(totals) == 2
    said = money.said("November", found, words)
    assert said.amount == f"{money.eur(totals[0], words)} – {money.eur(totals[1], words)}"
    assert depends in said.note
    assert " – " in said.note


def test_the_demo_says_of_each_case_what_it_is(of: Home) -> None:
    found = billed(of, OPEN)
    otherwise, first, meaning = savings(found)
    assert otherwise.startswith("Otherwise: without its panels ")
    assert first.startswith("If 1: without its panels ")
    assert meaning.startswith("If 1: the electricity price index")
    assert "None" not in otherwise + first
    assert {cents(case.total) for case in found.bill.cases} == {
        cents(plain.total - round(float(sentence.split()[-2]) * 10**12))
        for plain, sentence in zip(found.without.cases if found.without else (), (otherwise, first), strict=True)
    }


def test_the_demo_says_that_a_month_with_holes_has_no_saving(of: Home) -> None:
    holes = of._replace(hours=[of.hours[0]._replace(is_known=False), *of.hours[1:]])
    assert list(savings(billed(holes, SURE))) == ["What its panels saved is not known, for readings are missing."]
