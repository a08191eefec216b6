"""The file of an official bill's lines: what is read, and what is refused by its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from serving_layer.views.money.official import OfficialBillError, read

HEAD = "kind,period,from,until,quantity,unit,price,price_unit,eur\n"
ENERGY = "energy,P1,2026-03-01,2026-04-01,100,kWh,0.20,EUR/kWh,20.00\n"
TOTAL = "total,,2026-03-01,2026-04-01,,,,,24.20\n"


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "bill.csv"
    path.write_text(text, encoding)
    return path


def test_lines_are_read_as_they_are_printed(tmp_path: Path) -> None:
    power = "power,P1,2026-03-01,2026-03-31,4.6,kW,27.704413,EUR/kW year,10.47\n"
    off = 'compensation,,2026-03-01,2026-04-01,"12,5",kWh,,,\'-0.75\n'
    found = read(written(tmp_path, HEAD + power + ENERGY + off + TOTAL, "utf-8-sig"))
    assert (found.grid, found.cost) == ({"P1": Fraction(100)}, {"P1": Fraction(20)})
    assert (found.surplus, found.compensated) == (Fraction("12.5"), Fraction("0.75"))
    assert (found.power, found.power_days) == (Fraction("10.47"), 30)
    assert (str(found.first), str(found.until), found.total) == ("2026-03-01", "2026-04-01", Fraction("24.2"))


def test_of_our_own_lines_those_of_one_outcome_count(tmp_path: Path) -> None:
    head = HEAD.replace("\n", ",condition\n")
    lines = [
        TOTAL.replace("\n", f",{when}\n").replace("24.20", eur)
        for when, eur in (("otherwise", "30.00"), ("x", "20.00"))
    ]
    assert read(written(tmp_path, head + "".join(lines))).total == Fraction(30)


def test_a_spreadsheets_file_is_read_as_well(tmp_path: Path) -> None:
    """Semicolons, decimal commas, letters of Windows, a semicolon and an empty line behind."""
    text = HEAD.replace(",", ";").replace("\n", ";note;\n") + (
        "energy;P1;2026-03-01;2026-04-01;100,5;kWh;0,20;EUR/kWh;20,10;según contador;\n;;;;;;;;;;\n"
        "total;;2026-03-01;2026-04-01;;;;;24,32;;\n"
    )
    for encoding in ("utf-8-sig", "cp1252"):
        found = read(written(tmp_path, text, encoding))
        assert (found.grid, found.total) == ({"P1": Fraction("100.5")}, Fraction("24.32"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind,eur\ntotal,3\n", "lacks a column of kind, from, until"),
        ("", "lacks a column"),
        (HEAD + "enery,P1,2026-03-01,2026-04-01,1,,1,,1\n" + TOTAL, "line 2: kind is 'enery'"),
        (HEAD + ENERGY + "energy,P1,1/3/2026,2026-04-01,1,,1,,1\n" + TOTAL, "line 3: days are written"),
        (HEAD + "energy,P1,2026-03-01,2026-04-01,1 kWh,,1,,1\n" + TOTAL, "line 2: days are written"),
        (HEAD + ENERGY, "there is no total"),
        (HEAD + "energy,P1\n" + TOTAL, "line 2: days are written"),
        (HEAD + ENERGY.replace("0.20", "NaN") + TOTAL, "line 2: days are written"),
        (HEAD + ENERGY.replace("0.20", "1e999999") + TOTAL, "line 2: days are written"),
        (HEAD + ENERGY + "\n" + ENERGY.replace("100", "1.234,5") + TOTAL, "line 4: "),
        (HEAD + 'energy,"' + "P" * 140_000 + '"\n', "field larger than field limit|line 2: "),
        (HEAD + "energy,P1,2026-03-01,2026-04-01,,,,,20.00\n" + TOTAL, "P1 of energy costs 20.00 EUR and has no kWh"),
    ],
)
def test_a_file_that_can_not_be_taken_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(OfficialBillError, match=said):
        read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OfficialBillError, match=r"nothing\.csv can't be read"):
        read(tmp_path / "nothing.csv")
