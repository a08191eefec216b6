"""The lines of a bill as a page shows them: they add up, and each says what it rests on in either language."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from energy.money.official.difference import CAUSES
from energy.money.official.statement import KINDS, SELF_CONSUMED, TOTAL, statement
from serving_layer.views.money.official import OfficialBillError, difference, stated_lines
from serving_layer.views.money.rows import fields, line_rows
from serving_layer.web.bills import lines
from serving_layer.web.bills.bill import _file
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.words import Words
from tests.support.money.faulty import Home, billed, home

OPEN = date(2026, 11, 10)
EACH = pytest.mark.parametrize("words", [EN, ES])


@pytest.fixture
def of() -> Home:
    return home(random.Random(7))


def number(text: str, words: Words) -> Decimal:
    plain = text.removesuffix(" €").replace("\u2212", "-")
    return Decimal(plain.replace(".", "").replace(",", ".") if words is ES else plain.replace(",", ""))


@EACH
@pytest.mark.parametrize("due", [date(2025, 6, 10), OPEN])
def test_the_lines_add_up_to_the_cent_that_the_command_shows(of: Home, words: Words, due: date) -> None:
    found = billed(of, due)
    shown = lines.lines(found, words)
    before = sum(number(line.amount, words) for line in shown)
    assert before == number(lines.before_taxes(found, words), words)
    totals = [row["eur"] for row in line_rows(found) if row["kind"] == TOTAL]
    for case, total in zip(lines.cases(found, words), totals, strict=True):
        assert before + sum(number(line.amount, words) for line in case.taxes) == number(case.total, words) == total
        assert bool(case.condition) == (due == OPEN)


def test_a_line_says_quantity_price_days_and_what_sets_it() -> None:
    fixed = home(random.Random(7))
    found = billed(fixed)
    power = lines.lines(found, EN)[0]
    kw = fixed.contract["power_kw"][0]
    assert power.name == "Power P1"
    assert power.reckoned.startswith(f"{kw} kW × ")
    assert "€/kW and year; 1 " in power.reckoned
    assert "BOE-A-" in power.basis
    assert " since 1 January " in power.basis
    spanish = lines.lines(found, ES)[0]
    assert (spanish.name, " desde el 1 de enero de " in spanish.basis) == ("Potencia P1", True)
    assert f"{kw.replace('.', ',')} kW × " in spanish.reckoned


@EACH
def test_every_kind_cause_and_unit_has_a_name(words: Words) -> None:
    kinds = set(KINDS) - {TOTAL, SELF_CONSUMED, "extra"}
    assert {f"line {kind}" for kind in kinds} <= words.pages.keys()
    assert {f"cause {cause}" for cause in (*CAUSES, "our bill", "official bill")} <= words.pages.keys()


def test_a_condition_is_said_in_spanish(of: Home) -> None:
    otherwise, met = lines.cases(billed(of, OPEN), ES)
    assert otherwise.condition == "Si no se cumple ninguna condición"
    assert met.condition.startswith("Si el índice de precios de la electricidad de septiembre subió")


def test_rest_gives_each_line_its_texts(of: Home) -> None:
    found = fields(billed(of))
    assert all(line["basis"] for line in (*found["lines"], *found["cases"][0]["taxes"]))
    assert found["cases"][0]["taxes"][-1]["basis"] == [{"text": "Ley 37/1992, art. 90", "since": date(2021, 6, 1)}]


def test_our_own_bill_does_not_differ_and_half_of_it_does(of: Home) -> None:
    found = billed(of)
    same = difference(lambda *_: found, statement(stated_lines(found)), None)
    rows = lines.causes(same.rows, ES)
    assert (rows[0][0], rows[-1][0]) == ("Nuestra factura", "Factura oficial")
    assert {amount for _, amount in rows[1:-1]} == {"0,00 €"}
    assert (same.days, same.mistake) == (of.days, None)


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="official"; filename="marzo.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"kind,from,until,eur\r\ntotal,2026-03-01,2026-04-01,\xf1\r\n\r\n--x--\r\n"
)


def test_the_file_of_a_form_is_found_in_it() -> None:
    assert _file("multipart/form-data; boundary=x", FORM) == (
        "marzo.csv",
        b"kind,from,until,eur\r\ntotal,2026-03-01,2026-04-01,\xf1\r\n",
    )


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", FORM.replace(b"official", b"other")),
        ("multipart/form-data", FORM),
        ("", FORM),
        ("text/plain\r\nx: y", b"\x00\xff"),
    ],
)
def test_a_form_without_a_file_is_refused(kind: str, sent: bytes) -> None:
    with pytest.raises(OfficialBillError, match="There is no file"):
        _file(kind, sent)
