"""The coefficient file: the forms in which it comes, the one in which it goes, and what is refused by line and hour."""

from __future__ import annotations

import pytest

from energy.money.community.coefficient_file import Coefficients, read, write
from energy.money.community.coefficient_lines import CoefficientFileError
from energy.money.community.numbers import WrongNumber, cau, cups

A, B, C = "ES0021000000000001RK0F", "ES0189000048220011CR0F", "ES0237000000130940CT0F"
THIRDS = f"{A};0,333333\r\n{B};0,333333\r\n{C};0,333334"


def hourly(hours: int = 8760, end: str = "\r\n", last: str = "") -> str:
    lines = [
        f"{member};{hour:04d};{beta}" for hour in range(1, hours + 1) for member, beta in ((A, "0,25"), (B, "0,75"))
    ]
    return end.join(lines) + last


def test_constant_coefficients_as_they_are_written() -> None:
    found = read(THIRDS.encode(), 2026)
    assert found.constant == {A: 333_333, B: 333_333, C: 333_334}
    assert found.warnings == ()
    assert write(found, 2026).decode().split("\r\n") == sorted(THIRDS.split("\r\n"))
    assert read(write(found, 2026), 2026) == found


FORMS = {
    "byte order mark": ("\ufeff" + THIRDS, "byte order mark"),
    "line feeds": (THIRDS.replace("\r\n", "\n") + "\n", "LF alone"),
    "decimal points": (THIRDS.replace(",", "."), "decimal point"),
    "blanks": (THIRDS.replace(";", " ; "), "blanks"),
    "small letters": (THIRDS.lower(), "small letters"),
    "CUPS of 20": (THIRDS.replace("0F;", ";"), "20 characters"),
    "glued": (THIRDS.replace("\r\n", ""), "a line end is missing"),
    "a semicolon behind": (THIRDS.replace("\r\n", ";\r\n") + ";", "a semicolon ends it"),
    "empty lines": (THIRDS.replace("\r\n", "\r\n\r\n"), ""),
}


@pytest.mark.parametrize(("text", "warned"), FORMS.values(), ids=FORMS)
def test_other_forms_are_read_and_said(text: str, warned: str) -> None:
    found = read(text.encode(), 2026)
    assert sorted(found.constant.values()) == [333_333, 333_333, 333_334]
    assert {member[:20] for member in found.constant} == {A[:20], B[:20], C[:20]}
    assert any(warned in warning and warning.startswith("line ") for warning in found.warnings) or not warned


def test_a_whole_year_comes_back_as_it_went() -> None:
    for year, hours in ((2026, 8760), (2028, 8784)):
        found = read(hourly(hours).encode(), year)
        assert (len(found.hourly[A]), set(found.hourly[A]), set(found.hourly[B])) == (hours, {250_000}, {750_000})
        assert read(write(found, year), year) == found
        first = write(found, year).split(b"\r\n")[:3]
        assert first == [line.encode() for line in (f"{A};0001;0,250000", f"{B};0001;0,750000", f"{A};0002;0,250000")]


def test_members_one_after_the_other_and_hours_glued_at_their_seam() -> None:
    by_member = "\n".join(f"{member};{hour:04d};0,5" for member in (A, B) for hour in range(1, 8761))
    found = read(by_member.encode(), 2026)
    assert any("not in the order of the hours" in warning for warning in found.warnings)
    # One program leaves out the line end behind the last member of each hour.
    lines = hourly().split("\r\n")
    glued = "".join("\r\n".join(lines[n : n + 2]) for n in range(0, len(lines), 2))
    assert read(glued.encode(), 2026).hourly == read(hourly().encode(), 2026).hourly


REFUSED = {
    "sum below": (THIRDS.replace("334", "333"), "add up to 0.999999"),
    "sum above": (THIRDS.replace("0,333334", "0,333335"), "add up to 1.000001"),
    "twice": (THIRDS + f"\r\n{A};0,1", "line 4: ES0021000000000001RK0F stands in the file already"),
    "wrong letters": (THIRDS.replace("RK0F", "RA0F"), "line 1: 'ES0021000000000001RA0F' is no CUPS"),
    "below 0": (THIRDS.replace("0,333334", "-0,333334"), "line 3: '-0,333334' is no coefficient"),
    "above 1": (THIRDS.replace("0,333334", "1,333334"), "line 3: '1,333334' is above 1"),
    "too fine": (THIRDS.replace("0,333334", "0,3333340"), "line 3: .* at most six decimals"),
    "no number": (THIRDS.replace("0,333334", "a third"), "line 3: 'a third' is no coefficient"),
    "header": ("CUPS;COEFICIENTE\r\n" + THIRDS, "line 1: 'CUPS' is no CUPS"),
    "fields": (THIRDS.replace(";", ";0001;", 1).replace(";0001;", ";0001;0,1;"), "line 1: .* is not CUPS;coefficient"),
    "both kinds": (THIRDS + f"\r\n{A};0001;0,1", "line 4, hour 0001: constant and hourly"),
    "empty": ("", "the file has no line"),
    "hour 0": (hourly().replace(";0001;", ";0000;", 1), "line 1, hour 0000: 2026 has the hours 0001 to 8760"),
    "hour 8761": (hourly(8761), "line 17521, hour 8761: 2026 has"),
    "hour twice": (hourly().replace(f"{A};0002;", f"{A};0001;"), "line 3, hour 0001: .* has this hour already"),
    "hour missing": (hourly(8759), "line 17518, hour 8760: .* has no coefficient in this hour"),
    "an hour between": (hourly().replace(f"{A};0002;0,25\r\n{B};0002;0,75\r\n", ""), "line 3, hour 0002: .* has no"),
    "no semicolon": (THIRDS.replace(";", "\t"), "line 1: .* is not CUPS;coefficient or CUPS;hour;coefficient"),
    "commas alone": (THIRDS.replace(",", ".").replace(";", ","), "line 1: .* is not CUPS;coefficient"),
    "member missing": (hourly().replace(f"{A};0003;0,25\r\n", ""), "line 5, hour 0003: ES0021.* has no coefficient"),
    "an hour's sum": (hourly().replace(f"{A};0002;0,25", f"{A};0002;0,249999"), "line 3, hour 0002: .* 0.999999"),
    "hour of words": (hourly().replace(";0002;", ";two;", 1), "line 3: 'two' is no hour"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_taken_is_refused_by_line_and_hour(text: str, said: str) -> None:
    with pytest.raises(CoefficientFileError, match=said):
        read(text.encode(), 2026)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(CoefficientFileError, match="no UTF-8"):
        read(b"\xff\xfe" + THIRDS.encode("utf-16"), 2026)


def test_nothing_is_written_that_does_not_add_up_or_has_a_short_cups() -> None:
    with pytest.raises(CoefficientFileError, match=r"0\.999999"):
        write(Coefficients({A: 999_999}), 2026)
    with pytest.raises(CoefficientFileError, match="takes CUPS of 22"):
        write(Coefficients({A[:20]: 1_000_000}), 2026)
    with pytest.raises(CoefficientFileError, match="8784"):
        write(Coefficients(hourly={A: [1_000_000] * 8760}), 2028)


@pytest.mark.parametrize("number", ["ES0189000048220011CR", "ES0237000000130940CT", " es0189000048220011cr0f "])
def test_published_numbers_have_the_right_letters(number: str) -> None:
    assert cups(number) == number.strip().upper()


@pytest.mark.parametrize("number", ["ES0189000048220011CT", "ES018900004822001CR", "FR0189000048220011CR", "", "ES"])
def test_wrong_numbers_are_named(number: str) -> None:
    with pytest.raises(WrongNumber, match="is no CUPS"):
        cups(number)


def test_a_cau_is_a_cups_of_22_a_and_three_digits() -> None:
    assert cau((A + "A001").lower()) == A + "A001"
    for wrong in (A, A + "001", A[:20] + "A001", A + "B001", A + "A01", A.replace("RK", "RA") + "A001"):
        with pytest.raises(WrongNumber):
            cau(wrong)
