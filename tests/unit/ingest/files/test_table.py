"""Parquet and Excel say what CSV says; bombs and damaged files end in a reason, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import random
import unicodedata
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import openpyxl
import pandas as pd
import psutil
import pytest

from ingest.files import unpack
from ingest.files.mapping import ColumnMapping, FileMapping
from ingest.files.table import read_table
from ingest.files.understood import understand
from ingest.files.unpack import FileRefused

MAPPING = FileMapping.model_validate(
    {
        "installation_id": "casa",
        "meter_id": "m",
        "decimal": ",",
        "time": {"column": "Fecha", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Madrid"},
        "columns": {"import_wh": {"column": "kWh", "factor": 1000}, "export_wh": {"column": "out"}},
    }
)
HOURS = pd.date_range("2026-01-05 10:00", periods=3, freq="h")
ROWS = list(zip(HOURS, (0.25, 1064.5, 0.0), (7, None, 1), strict=True))
TEXT = "Fecha;kWh;out\n" + "".join(
    f"{at:%d/%m/%Y %H:%M};{kwh:.3f};{'' if out is None else out}\n".replace(".", ",") for at, kwh, out in ROWS
)


def csv(path: Path) -> None:
    path.write_text(TEXT)


def gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT.encode()))


def bzipped(path: Path) -> None:
    path.write_bytes(bz2.compress(TEXT.encode()))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("consumos.csv", TEXT)


def excel(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Fecha", "kWh", "out"])
    for row in ROWS:
        book.active.append(list(row))
    book.save(path)


def excel_of_text(path: Path) -> None:
    book = openpyxl.Workbook()
    for line in TEXT.splitlines():
        book.active.append(line.split(";"))
    book.save(path)


def parquet(path: Path) -> None:
    pd.DataFrame(ROWS, columns=["Fecha", "kWh", "out"]).to_parquet(path)


def parquet_in_utc(path: Path) -> None:
    table = pd.DataFrame(ROWS, columns=["Fecha", "kWh", "out"])
    table["Fecha"] = table["Fecha"].dt.tz_localize("Europe/Madrid").dt.tz_convert("UTC")
    table.set_index("Fecha").to_parquet(path)


def parquet_of_decimals(path: Path) -> None:
    table = pd.DataFrame(ROWS, columns=["Fecha", "kWh", "out"])
    table["kWh"] = [Decimal(f"{kwh:.3f}") for kwh in table["kWh"]]
    table.to_parquet(path)


@pytest.mark.parametrize(
    "write", [csv, gzipped, bzipped, zipped, excel, excel_of_text, parquet, parquet_in_utc, parquet_of_decimals]
)
def test_every_kind_of_file_says_the_same(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "file")
    mapping = MAPPING
    if write is parquet_in_utc:
        mapping = MAPPING.model_copy(update={"time": MAPPING.time.model_copy(update={"format": None})})
    understood = understand(read_table(tmp_path / "file", mapping), mapping)
    assert understood.refused == {}
    assert understood.rows["start"].tolist() == [pd.Timestamp(at, tz="Europe/Madrid") for at, _, _ in ROWS]
    assert understood.rows["import_wh"].tolist() == [250.0, 1064500.0, 0.0]
    assert understood.rows["export_wh"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_column_is_the_same_however_its_accents_are_written(tmp_path: Path, form: Literal["NFC", "NFD"]) -> None:
    (tmp_path / "file").write_text(unicodedata.normalize(form, "FECHA;Energía\n05/01/2026 00:00;0,25\n"))
    columns = {"import_wh": ColumnMapping(column="energía", factor=1000)}
    mapping = MAPPING.model_copy(update={"columns": columns})
    assert understand(read_table(tmp_path / "file", mapping), mapping).rows["import_wh"].tolist() == [250.0]


def test_the_hours_of_a_day_may_be_times_that_excel_counts_on_to_24(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Fecha", "Hora", "kWh", "out"])
    for hour in (1, 23, 24):
        book.active.append([HOURS[0].date(), timedelta(hours=hour), 0.25, 0])
        book.active.cell(book.active.max_row, 2).number_format = "[h]:mm"
    book.save(tmp_path / "file")
    time = MAPPING.time.model_copy(update={"hour": "Hora", "marks": "end"})
    mapping = MAPPING.model_copy(update={"time": time})
    understood = understand(read_table(tmp_path / "file", mapping), mapping)
    assert understood.refused == {}
    day = pd.Timestamp("2026-01-05", tz="Europe/Madrid")
    assert understood.rows["start"].tolist() == [day + pd.Timedelta(hours=hour) for hour in (0, 22, 23)]


def bomb_in_zip(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(40):
            member.write(b"0;" * 500_000)


def bomb_in_excel(path: Path) -> None:
    excel(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x", "w") as member:
        for _ in range(40):
            member.write(bytes(1_000_000))


def bomb_in_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(b"0;" * 20_000_000))


def bomb_in_bzip(path: Path) -> None:
    path.write_bytes(bz2.compress(b"0;" * 500_000) * 40)


def bomb_that_lies(path: Path) -> None:
    """Its directory says that the member is small."""
    bomb_in_zip(path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.infolist()[0].file_size
    at = content.rindex(size.to_bytes(4, "little"))
    content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("write", [bomb_in_zip, bomb_in_excel, bomb_in_gzip, bomb_in_bzip, bomb_that_lies])
def test_a_bomb_is_refused_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(unpack, "MOST_BYTES", 10_000_000)
    write(tmp_path / "file")
    before = psutil.Process().memory_info().rss
    with pytest.raises(FileRefused, match=r"more than|can't be read|no row"):
        read_table(tmp_path / "file", MAPPING)
    assert psutil.Process().memory_info().rss - before < 60_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no row"),
        (b"Fecha;kWh\n", "holds no row"),
        (b"\x1f\x8bxxxx", "can't be read"),
        (b"BZh9xxxx", "can't be read"),
        (bz2.compress(TEXT.encode())[:-9], "can't be read"),
        (b"PK\x03\x04xxxx", "can't be read"),
        (b"PAR1xxxx", "no Parquet"),
        (b"\xd0\xcf\x11\xe0xxxx", "no Excel"),
    ],
)
def test_what_is_no_file_of_its_kind_is_said(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FileRefused, match=message):
        read_table(tmp_path / "file", MAPPING)
    with pytest.raises(FileRefused, match="can't be read"):
        read_table(tmp_path / "none", MAPPING)


def test_a_zip_of_several_files_is_not_guessed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(FileRefused, match="2 files"):
        read_table(tmp_path / "file", MAPPING)


@pytest.mark.parametrize("write", [csv, bzipped, zipped, excel, parquet])
def test_damaged_files_are_read_or_refused(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "whole")
    whole, dice = (tmp_path / "whole").read_bytes(), random.Random(15)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        (tmp_path / "file").write_bytes(bytes(damaged[: dice.randint(1, len(damaged))]))
        with suppress(FileRefused):
            assert len(read_table(tmp_path / "file", MAPPING).columns)
