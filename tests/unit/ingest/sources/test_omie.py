"""OMIE: columns, periods and calendar of every file format, on files of our own and on genuine ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.sources.omie import OmieFileError, parse_marginal, parse_report
from tests.support.recorded import naming, recorded

KNOWN_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def marginal(day: date, count: int, portugal: float = 1.5, spain: float = 2.0) -> str:
    """A ``marginalpdbc`` file of ``count`` periods."""
    rows = [f"{day:%Y;%m;%d};{n};{portugal};{spain};" for n in range(1, count + 1)]
    return "\r\n".join(["MARGINALPDBC;", *rows, "*", ""])


@pytest.mark.parametrize(
    ("day", "count", "minutes"),
    [
        pytest.param(date(2025, 9, 30), 24, 60, id="hours"),
        pytest.param(date(2025, 3, 30), 23, 60, id="spring-hours"),
        pytest.param(date(2024, 10, 27), 25, 60, id="autumn-hours"),
        pytest.param(date(2025, 10, 1), 96, 15, id="quarters"),
        pytest.param(date(2026, 3, 29), 92, 15, id="spring-quarters"),
        pytest.param(date(2025, 10, 26), 100, 15, id="autumn-quarters"),
    ],
)
def test_every_calendar_day_is_whole(day: date, count: int, minutes: int) -> None:
    records = [r for r in parse_marginal(marginal(day, count), KNOWN_AT) if r["zone"] == "ES"]
    assert len(records) == count
    assert all(r["end"] - r["start"] == timedelta(minutes=minutes) for r in records)
    assert all(a["end"] == b["start"] for a, b in pairwise(records))
    assert sum((r["end"] - r["start"] for r in records), timedelta()) == count * timedelta(minutes=minutes)


def test_column_five_is_portugal_and_six_is_spain() -> None:
    records = parse_marginal(marginal(date(2025, 10, 1), 96, portugal=-1.51, spain=-2.0), KNOWN_AT)
    assert {(r["zone"], r["price_eur_mwh"]) for r in records} == {("PT", -1.51), ("ES", -2.0)}


def test_an_empty_price_is_left_out_not_read_as_zero() -> None:
    text = marginal(date(2025, 9, 30), 24).replace(";7;1.5;2.0;", ";7;1.5;;")
    records = parse_marginal(text, KNOWN_AT)
    assert sum(r["zone"] == "ES" for r in records) == 23
    assert sum(r["zone"] == "PT" for r in records) == 24


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("<html></html>", "MARGINALPDBC", id="html"),
        pytest.param("", "MARGINALPDBC", id="empty"),
        pytest.param(marginal(date(2025, 9, 30), 24).rstrip("*\r\n"), "cut short", id="truncated"),
        pytest.param(marginal(date(2025, 9, 30), 23), "24 hours", id="an-hour-missing"),
        pytest.param(marginal(date(2025, 9, 30), 24).replace(";5;", ";6;", 1), "numbered", id="numbers-jump"),
        pytest.param("MARGINALPDBC;\nnonsense\n*", "year;month;day", id="nonsense"),
    ],
)
def test_what_is_not_a_day_of_prices_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(OmieFileError, match=says):
        parse_marginal(text, KNOWN_AT)


REPORTS = {
    "PrecioMD_OMIE_20260329": (23, "ES", -1.5),
    "PrecioMD_OMIE_20261025": (25, "PT", 45.67),
    "PMD_20090602": (24, "ES", 34.56),
    "PMD_20040102": (24, "ES", 23.45),
    "PrecioMD_OMIE_20200329": (23, "ES", 27.13),
    "PrecioMD_OMIE_20201022": (24, "PT", 39.55),
    "PMD_20090601": (24, "ES", 39.97),
    "PMD_20030802": (24, "ES", 45.53),
    "PMD_20060101": (24, "ES", 66.94),
}
"""Periods, zone and its first price of days: of a change of clocks, in cents, before Portugal, the first of a year."""


@pytest.mark.parametrize("path", recorded("omie", "P*.txt"), ids=naming)
def test_reports(path: Path) -> None:
    count, zone, first = REPORTS[path.stem]
    records = [r for r in parse_report(path.read_text("latin-1"), KNOWN_AT) if r["zone"] == zone]
    assert len(records) == count
    assert records[0]["price_eur_mwh"] == pytest.approx(first)
