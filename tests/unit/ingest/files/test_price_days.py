"""OMIE's days of prices as a person has downloaded them: one file, a labelled report, a year's archive."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.files import unpack
from ingest.files.price_days import messages_of, read_price_days
from ingest.files.unpack import FileRefused
from stack.cli import app

DATA = Path(__file__).parents[3] / "data" / "omie"
KNOWN_AT = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
CUT_OFF = b"MARGINALPDBC;\n2021;1;2;1;50.0;50.0;\n"


def marginal(day: str, price: str, hours: int = 24) -> bytes:
    """A day's file, ``day`` as 2021;1;1, each hour at one price in both zones."""
    rows = "".join(f"{day};{hour};{price};{price};\n" for hour in range(1, hours + 1))
    return f"MARGINALPDBC;\n{rows}*\n".encode()


def archived(folder: Path, files: Mapping[str, bytes]) -> Path:
    path = folder / "marginalpdbc_2021.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_every_kind_of_file_needs_no_mapping(path: Path) -> None:
    days = read_price_days(path, KNOWN_AT)
    assert days.faults == {}
    assert {record["provider"] for record in days.records} == {"omie"}
    spanish = [record for record in days.records if record["zone"] == "ES"]
    assert all(one["end"] == other["start"] for one, other in pairwise(spanish))
    assert len(messages_of(days, KNOWN_AT)) == len(days.records)


def test_a_years_archive_is_read_by_day_and_the_newest_version_counts(tmp_path: Path) -> None:
    files = {
        "marginalpdbc_20210101.10": marginal("2021;1;1", "70.5"),
        "marginalpdbc_20210101.9": marginal("2021;1;1", "60.5"),
        "2021/marginalpdbc_20210328.1": marginal("2021;3;28", "-1.0", hours=23),
        "marginalpdbc_20210102.1": CUT_OFF,
    }
    days = read_price_days(archived(tmp_path, files), KNOWN_AT)
    assert [*days.faults] == ["marginalpdbc_20210102.1"]
    assert "cut short" in days.faults["marginalpdbc_20210102.1"][0]
    spanish = [record["price_eur_mwh"] for record in days.records if record["zone"] == "ES"]
    assert spanish == [70.5] * 24 + [-1.0] * 23
    assert [record["start"] for record in days.records] == sorted(record["start"] for record in days.records)


def test_a_newer_version_stands_for_the_whole_day(tmp_path: Path) -> None:
    withdrawn = marginal("2021;1;1", "70.5").replace(b"2021;1;1;7;70.5;70.5;", b"2021;1;1;7;;;")
    files = {"marginalpdbc_20210101.1": marginal("2021;1;1", "60.5"), "marginalpdbc_20210101.2": withdrawn}
    days = read_price_days(archived(tmp_path, files), KNOWN_AT)
    assert [record["price_eur_mwh"] for record in days.records] == [70.5] * 2 * 23


def test_what_is_none_of_omies_asks_for_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "casa.csv").write_text("CUPS;Fecha;Hora;Consumo_kWh\nES;24/10/2026;1;0,1\n")
    with pytest.raises(FileRefused, match=r"casa\.csv.*--mapping"):
        read_price_days(tmp_path / "casa.csv", KNOWN_AT)
    with pytest.raises(FileRefused, match="no day"):
        read_price_days(archived(tmp_path, {}), KNOWN_AT)


def test_an_archive_is_bounded_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archived(tmp_path, {f"marginalpdbc_202101{day:02}.1": b" " * 60_000 for day in range(1, 11)})
    monkeypatch.setattr(unpack, "MOST_BYTES", 500_000)
    with pytest.raises(FileRefused, match="holds more than"):
        read_price_days(path, KNOWN_AT)
    monkeypatch.setattr(unpack, "MOST_MEMBERS", 9)
    with pytest.raises(FileRefused, match="holds 10 files"):
        read_price_days(path, KNOWN_AT)


def test_the_command_shows_what_it_read_and_publishes_nothing_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLERA_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    path = archived(
        tmp_path, {"marginalpdbc_20210101.1": marginal("2021;1;1", "70.5"), "marginalpdbc_20210102.1": CUT_OFF}
    )
    done = CliRunner().invoke(app, ["import", str(path)])
    assert done.exit_code == 0, done.output
    for said in (
        "48 prices",
        "2021-01-01 00:00 to 2021-01-02 00:00",
        "2021-01",
        "70.50",
        "20210102.1: the file is cut short",
    ):
        assert said in done.output
    assert "Nothing is published yet" in done.output
