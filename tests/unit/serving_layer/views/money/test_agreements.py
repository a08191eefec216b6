"""The file of an agreement: what is refused, and in which line; and what it leaves open."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from energy.calendar import MADRID
from energy.money.community.agreement import ONE, Version, agreement
from serving_layer.views.money.agreements import AgreementFileError, owners_of, read_agreement, read_official
from serving_layer.views.money.community import left_open

A, B = "ES0021000000000001RK0F", "ES0189000048220011CR"
CAU = f"{A}A001"
OWNERS: list[dict[str, Any]] = [
    {"installation_id": "a", "cups": A},
    {"installation_id": "b", "cups": B},
    {"installation_id": "roof"},
]
FIRST = "versions:\n  - from: 2026-01-01\n    coefficients:\n      a: 0.4\n      b: 0.6\n"


def hourly(year: int, *members: str) -> str:
    share = ONE // len(members)
    lines = [f"{cups};{hour:04d};0,{share:06d}" for hour in range(1, 8761) for cups in members]
    return "\r\n".join(lines) if len(members) > 1 else "\r\n".join(lines).replace("0,1000000", "1,000000")


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "valle.yaml"
    path.write_text(text)
    with pytest.raises(AgreementFileError) as error:
        read_agreement(path, OWNERS)
    return str(error.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIRST.replace("0.6", "1.6"), ", line 5: versions.0.coefficients.b: Input should be less than or equal to 1."),
        (FIRST.replace("0.6", "0.599999"), ", line 2: the agreement from 2026-01-01: coefficients add up to 0.999999"),
        (FIRST.replace("0.6", "0.600001"), ", line 2: the agreement from 2026-01-01: coefficients add up to 1.000001"),
        (FIRST + "  - {from: 2026-03-01, coefficients: {a: 1}}\n", ", line 6: the versions from 2026-01-01 and from"),
        (FIRST.replace("b: 0.6", "a: 0.6"), " can't be read: line 5: a stands there twice."),
        (FIRST + "generation: roof\ngeneration: field\n", " can't be read: line 7: generation stands there twice."),
        (FIRST + "time_zone: Europe/Madird\n", ", line 6: time_zone: time zone 'Europe/Madird' is not known"),
        (FIRST + "hours: often\n", ", line 6: hours: Input should be 'consecutive' or 'clock'."),
        ("versions:\n  - coefficients: {a: 1}\n", ", line 2: versions.0.from: Field required."),
        ("", ", line 1: the file: Input should be a valid dictionary"),
    ],
)  # fmt: skip
def test_an_error_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / f"{CAU}_2026.txt").write_text(f"{A};0,5\r\n{B};0,5")
    (tmp_path / f"{CAU}_2027.txt").write_text(f"{A};0,4\r\n{B};0,6")
    both = f"versions:\n  - {{from: 2026-01-01, files: [{CAU}_2026.txt, {CAU}_2027.txt]}}\n"
    assert refused(tmp_path, both).startswith(f", line 2: {CAU}_2027.txt holds other coefficients")
    beside = f"versions:\n  - {{from: 2026-01-01, files: [{CAU}_2026.txt], coefficients: {{a: 0.4, b: 0.6}}}}\n"
    assert refused(tmp_path, beside).startswith(f", line 2: {CAU}_2026.txt holds other coefficients")
    (tmp_path / f"{CAU}_2027.txt").write_text(hourly(2027, A, B))
    twice = f"versions:\n  - {{from: 2027-01-01, files: [{CAU}_2027.txt, {CAU}_2027.txt]}}\n"
    assert refused(tmp_path, twice).startswith(f", line 2: {CAU}_2027.txt is a second file of 2027.")


def test_a_member_that_one_years_file_leaves_out_is_named(tmp_path: Path) -> None:
    (tmp_path / f"{CAU}_2026.txt").write_text(hourly(2026, A, B))
    (tmp_path / f"{CAU}_2027.txt").write_text(hourly(2027, A))
    text = f"versions:\n  - {{from: 2026-06-01, files: [{CAU}_2026.txt, {CAU}_2027.txt]}}\n"
    assert refused(tmp_path, text).startswith(", line 2: b has no coefficients in 2027.")


def test_a_variable_version_without_the_file_of_one_of_its_years_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"{CAU}_2026.txt").write_text(hourly(2026, A, B))
    text = f"versions:\n  - {{from: 2025-06-01, files: [{CAU}_2026.txt]}}\n"
    assert refused(tmp_path, text).startswith(", line 2: the agreement from 2025-06-01 is variable, and the file of 20")
    until = f"versions:\n  - {{from: 2026-06-01, files: [{CAU}_2026.txt]}}\n" + (
        "  - {from: 2028-01-01, coefficients: {a: 1}}\n"
    )
    assert "the file of 2027 is missing" in refused(tmp_path, until)
    path = tmp_path / "valle.yaml"
    path.write_text(until.replace("2028-01-01", "2027-01-01"))
    _, agreed = read_agreement(path, OWNERS)
    assert agreed.members == ("a", "b")


def test_one_supply_of_two_installations_is_nobodys() -> None:
    """A CUPS of 20 characters and one of 22 name the same supply where the first 20 agree."""
    assert owners_of(OWNERS) == {A[:20]: "a", B: "b"}
    with pytest.raises(AgreementFileError, match="a and c are registered with the CUPS ES0021000000000001RK"):
        owners_of([*OWNERS, {"installation_id": "c", "cups": A[:20]}])


def test_a_file_of_what_was_billed_is_no_file_of_shares(tmp_path: Path) -> None:
    path = tmp_path / "F5D_202610.bz2"
    path.write_text(f"{A};2026/10/25 13:00;0;0;500")
    with pytest.raises(AgreementFileError, match="states what was billed"):
        read_official(path)
    (tmp_path / "B5D.bz2").write_bytes(b"BZh9 and no more")
    with pytest.raises(AgreementFileError, match=r"B5D\.bz2: it can't be unpacked"):
        read_official(tmp_path / "B5D.bz2")


def test_who_has_no_coefficient_and_which_file_is_missing_is_said() -> None:
    versions = [Version(date(2026, 1, 1), {"a": ONE}), Version(date(2026, 6, 1), {"a": 400_000, "b": 600_000})]
    constant = agreement(versions, MADRID, "consecutive")
    assert left_open(constant, {"a", "b"}, date(2027, 1, 1)) == []
    assert left_open(constant, {"a", "b", "c"}, date(2027, 1, 1)) == [
        "c has no coefficient from 2026-06-01 on: it uses the grid's alone."
    ]
    variable = agreement([Version(date(2026, 1, 1), hourly={2026: {"a": [ONE] * 8760}})], MADRID, "consecutive")
    assert left_open(variable, {"a"}, date(2026, 12, 31)) == []
    assert left_open(variable, {"a"}, date(2027, 1, 1)) == [
        "The file of 2027 is missing: hours from its first on are not settled."
    ]
