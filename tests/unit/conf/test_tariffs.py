"""The tariff files: whole, and refused by file, table and row where a row can't be taken."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conf.tariffs.coverage import HOLE, coverage, ending, ends
from conf.tariffs.load import FOLDER, tariffs
from conf.tariffs.rows import TariffError
from energy.money.dated import NoRule
from energy.money.tariff import Prices
from stack.cli import app


def test_every_row_says_its_source_and_from_when_to_when() -> None:
    found = coverage(tariffs())
    assert len(found) > 80
    assert all(each.source for each in found if each.status != HOLE)
    assert all(each.until is None or each.since < each.until for each in found)
    holes = {(each.rule, each.since, each.until) for each in found if each.status == HOLE}
    assert holes == {
        ("3.0TD charges", date(2021, 9, 16), date(2022, 1, 1)),
        ("6.1TD charges", date(2021, 9, 16), date(2022, 1, 1)),
        ("social bonus funding", date(2024, 1, 1), date(2025, 1, 1)),
        ("3.0TD excess power", date(2022, 1, 1), date(2024, 1, 1)),
        ("6.1TD excess power", date(2022, 1, 1), date(2024, 1, 1)),
        *((f"{name} excess power", date(2025, 1, 1), date(2025, 4, 1)) for name in ("2.0TD", "3.0TD", "6.1TD")),
    }


@pytest.mark.parametrize("today", [date(2026, 11, 27), date(2026, 12, 31), date(2027, 1, 1), date(2027, 6, 1)])
def test_a_year_without_rules_is_named_before_it_begins_and_in_it(today: date) -> None:
    """Of 2027 no row is known here; periods, losses, rent and the PVPC's rules hold until another text."""
    assert ends(tariffs(), today) == {
        date(2027, 1, 1): [
            *(f"{name} {of}" for name in ("2.0TD", "3.0TD", "6.1TD") for of in ("charges", "excess power", "tolls")),
            "consumption tax", "electricity tax", "electricity tax minimum", "reactive energy", "social bonus",
            "social bonus funding",
        ]
    }  # fmt: skip
    assert ending(tariffs(), today).startswith("from 2027-01-01 on there is no row of 2.0TD charges, 2.0TD excess")


def test_of_a_day_before_a_hole_the_hole_is_named_first() -> None:
    found = ends(tariffs(), date(2021, 9, 1))
    assert found[date(2021, 9, 16)] == ["3.0TD charges", "6.1TD charges"]
    assert min(found) == date(2021, 9, 16)


def test_prices_of_the_last_day_of_a_row_and_the_first_of_the_next() -> None:
    charges = tariffs().of("2.0TD").charges
    assert charges.on(date(2021, 9, 15)).value == Prices((7_202_827, 463_229), (105_740, 21_148, 5_287))
    assert charges.on(date(2021, 9, 16)).value == Prices((281_544, 18_107), (4_133, 827, 207))
    assert charges.on(date(2022, 3, 30)).value == Prices((4_970_533, 319_666), (72_969, 14_594, 3_648))
    assert charges.on(date(2022, 3, 31)).value == Prices((3_175_787, 204_242), (46_622, 9_324, 2_331))
    six = tariffs().of("3.0TD").charges.on(date(2026, 1, 1)).value
    assert six.power == (5_441_843, 2_723_298, 1_978_538, 1_978_538, 1_978_538, 906_974)
    funding = tariffs().regulated.social_bonus_funding
    assert [funding.on(date(2026, 6, day)).value for day in (25, 26)] == [6_979_247, 9_011_295]


@pytest.mark.parametrize("day", [date(2021, 9, 16), date(2021, 12, 31), date(2021, 5, 31), date(2027, 1, 1)])
def test_a_day_between_before_or_after_the_rows_is_refused_by_its_date(day: date) -> None:
    with pytest.raises(NoRule, match=str(day)):
        tariffs().of("6.1TD").charges.on(day)


WRONG = {
    "overlap": ("2.0TD.toml", "from = 2025-01-01, until = 2026-01-01", "from = 2024-12-31, until = 2026-01-01",
                "both hold on 2024-12-31"),
    "too few": ("2.0TD.toml", "[23.324952, 0.443770]", "[23.324952]", "row 6: power has 1 values"),
    "negative": ("2.0TD.toml", "23.324952", "-23.324952", "row 6: power is below 0"),
    "too fine": ("2.0TD.toml", "23.324952", "23.3249521", "more decimals"),
    "no source": ("2.0TD.toml", 'source = "BOE-A-2021-4565", ', "", "tolls, row 1: source is missing"),
    "no from": ("2.0TD.toml", "from = 2021-06-01", "form = 2021-06-01", "row 1: from is missing"),
    "ends before it begins": ("2.0TD.toml", "from = 2021-06-01, until = 2022-01-01",
                              "from = 2021-06-01, until = 2020-01-01", "before it begins"),
    "unknown status": ("2.0TD.toml", '"in force", power = [23.4', '"planned", power = [23.4', "status must be"),
    "unknown field": ("taxes.toml", "percent = 21 }", "percent = 21, colour = 3 }", "no field colour"),
    "condition in force": ("taxes.toml", '"conditional", condition', '"in force", condition', "if, and only if"),
    "two rates of one bill": ("taxes.toml", "from = 2022-07-01, until = 2024-01-01",
                              "from = 2022-06-30, until = 2024-01-01", "both hold on 2022-06-30"),
    "an hour twice": ("periods.toml", 'P1 = "10-14 18-22"', 'P1 = "10-14 18-23"', "hour 22 is of"),
    "an hour without": ("periods.toml", 'P1 = "10-14 18-22"', 'P1 = "10-14 19-22"', "an hour of the day has no period"),
    "month missing": ("periods.toml", "months = [1, 2, 7, 12]", "months = [1, 2, 7]", "lacks a month's hours"),
    "month twice": ("periods.toml", "months = [3, 11]", "months = [2, 3, 11]", "in one of these months"),
    "no table": ("regulated.toml", "meter_rent = [", "meter_rents = [", "has no rows of meter_rent"),
    "no TOML": ("regulated.toml", "meter_rent = [", "meter_rent = {", "is no TOML"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG.values(), ids=WRONG)
def test_a_row_that_can_not_be_taken_is_named(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = tmp_path / "tariffs"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(TariffError) as error:
        tariffs(folder)
    assert said in str(error.value)


def test_the_command_shows_what_is_covered_and_what_is_not() -> None:
    said = CliRunner().invoke(app, ["tariffs", "check", "--format", "csv"])
    assert said.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(said.output)))
    assert {"rule", "from", "until", "status", "source"} == rows[0].keys()
    assert {row["rule"] for row in rows if row["status"] == "no row"} == {
        "3.0TD charges", "6.1TD charges", "social bonus funding",
        "2.0TD excess power", "3.0TD excess power", "6.1TD excess power",
    }  # fmt: skip
    assert any(row["status"] == "conditional" and row["from"] == "2026-11-01" for row in rows)
    assert "solera tariffs check" in CliRunner().invoke(app, ["tariffs", "check", "--help"]).output
    shown = CliRunner().invoke(app, ["tariffs", "check"], env={"COLUMNS": "200"}).output
    assert "there is no row of 2.0TD charges" in " ".join(shown.split())
