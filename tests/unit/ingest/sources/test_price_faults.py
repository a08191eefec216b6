"""Price answers with one bad cell, row, version or day: each costs itself, is said, and is asked for again."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.calendar import MADRID
from energy.topics import TOPICS
from ingest.publishing.message import message
from ingest.sources import esios, omie
from ingest.sources.esios import parse_apidatos, parse_indicator, parse_pvpc_file
from ingest.sources.omie import LAST_ZIPPED_YEAR, OmieFileError, parse_marginal, parse_report
from ingest.sources.price_records import dotted, lengths, price
from ingest.sources.source import Record, SourceError
from tests.support.doors.price_days import fetch_days
from tests.unit.ingest.sources.test_price_sources import Sources

KNOWN_AT = datetime(2026, 11, 25, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
FIRST = date(2026, 2, 3)


def omie_file(day: date, rows: list[str] | None = None, spain: str = "2.0") -> bytes:
    rows = [f"{day:%Y;%m;%d};{n};1.5;{spain};" for n in range(1, 97)] if rows is None else rows
    return "\n".join(["MARGINALPDBC;", *rows, "*"]).encode()


def answer(server: Sources, day: date, version: int, body: bytes, status: int = 200) -> None:
    server.answers[(omie.DOWNLOAD, f"marginalpdbc_{day:%Y%m%d}.{version}")] = (status, body)


def days_of(source: str, first: date, count: int) -> tuple[dict[date, list[Record]], list[str]]:
    said: list[str] = []
    days = [first + timedelta(days=n) for n in range(count)]
    return dict(fetch_days(source, days, said.append)), said


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, omie_file(FIRST, []), id="no rows"),
        pytest.param(200, omie_file(FIRST + timedelta(days=1))[:-1], id="cut short"),
        pytest.param(200, omie_file(FIRST), id="of another day"),
        pytest.param(200, omie_file(FIRST, [f"{FIRST:%Y;%m;%d};x;1;1;"]), id="no number"),
        pytest.param(200, omie_file(FIRST, [f"{'9' * 30};2;3;1;1;1;"]), id="a year beyond all"),
        pytest.param(429, b"", id="too many requests"),
        pytest.param(500, b"oops", id="a fault of the server"),
    ],
)
def test_a_bad_day_costs_itself_and_is_said(sources: Sources, status: int, body: bytes) -> None:
    for n in (0, 2):
        answer(sources, FIRST + timedelta(days=n), 1, omie_file(FIRST + timedelta(days=n)))
    answer(sources, FIRST + timedelta(days=1), 1, body, status)
    found, said = days_of("omie", FIRST, 3)
    assert {day: len(records) for day, records in found.items()} == {FIRST: 192, FIRST + timedelta(days=2): 192}
    assert any(f"{FIRST + timedelta(days=1)}" in word for word in said)


def test_a_broken_version_leaves_the_others(sources: Sources) -> None:
    answer(sources, FIRST, 1, omie_file(FIRST))
    answer(sources, FIRST, 2, omie_file(FIRST, spain="9.0")[:-1])
    found, said = days_of("omie", FIRST, 1)
    assert {r["price_eur_mwh"] for r in found[FIRST]} == {1.5, 2.0}
    assert "version 2" in said[0]
    answer(sources, FIRST, 3, omie_file(FIRST, spain="7.0"))
    assert {r["price_eur_mwh"] for r in days_of("omie", FIRST, 1)[0][FIRST]} == {1.5, 7.0}


@pytest.mark.parametrize("withdrawn", [(404, b""), (200, b""), (200, b"<html>")])
def test_a_first_version_that_is_withdrawn_does_not_hide_the_second(
    sources: Sources,
    withdrawn: tuple[int, bytes],
) -> None:
    answer(sources, FIRST, 1, withdrawn[1], withdrawn[0])
    answer(sources, FIRST, 2, omie_file(FIRST))
    assert len(days_of("omie", FIRST, 1)[0][FIRST]) == 192


def test_a_day_of_a_yearly_archive_is_not_called_unpublished(sources: Sources) -> None:
    found, said = days_of("omie", date(LAST_ZIPPED_YEAR, 5, 1), 1)
    assert found == {}
    assert "yearly archive" in said[0]
    assert days_of("omie", FIRST, 1) == ({FIRST: []}, [])


@pytest.mark.parametrize("cell", ["n/a", "nan", "inf", "-", "1e9", "x"])
def test_a_cell_of_omie_that_is_no_price_costs_itself(cell: str) -> None:
    rows = [f"2026;02;03;{n};1.5;{cell if n == 7 else 2.0};" for n in range(1, 97)]
    said: list[str] = []
    records = parse_marginal(omie_file(FIRST, rows).decode(), KNOWN_AT, said.append)
    assert [sum(r["zone"] == zone for r in records) for zone in ("PT", "ES")] == [96, 95]
    assert "1 of its values" in said[0]


def test_decimal_commas_and_a_row_without_spain_are_read_as_they_are() -> None:
    rows = [f"2026;02;03;{n};1,5;{'2,25;' if n != 9 else ''}" for n in range(1, 97)]
    records = parse_marginal(omie_file(FIRST, rows).decode(), KNOWN_AT, lambda _: None)
    assert {r["price_eur_mwh"] for r in records if r["zone"] == "ES"} == {2.25}
    assert sum(r["zone"] == "ES" for r in records) == 95


@pytest.mark.parametrize(
    ("text", "value"),
    [("171,48", 171.48), ("171.48", 171.48), ("1.171,48", 1171.48), ("1,171.48", 1171.48), ("-1,50", -1.5), ("0", 0.0),
     ("171.4", 171.4), ("0,001", 0.001), ("1.234", None), ("1.234.567", None), ("", None), ("n/a", None),
     ("nan", None), ("inf", None), (None, None), (True, None), ([], None), (12.5, 12.5), (7, 7.0), (float("nan"), None),
     (1e9, None), (10**400, None), ("1_0", None), ("٣", None), ("1,2,3", None), ("12.34,5", None), ("-0,0", 0.0)],
)  # fmt: skip
def test_prices_as_sources_write_them(text: Any, value: float | None) -> None:
    assert price(text) == value


def test_a_quarter_hour_of_the_next_day_is_as_long_as_those_before_it() -> None:
    begin = datetime(2026, 2, 2, 23, tzinfo=timezone.utc)
    rows = [
        {"geo_id": 8741, "datetime": (begin + n * timedelta(minutes=15)).isoformat(), "value": 1.0} for n in range(97)
    ]
    records = parse_indicator({"indicator": {"id": 1001, "values": rows}}, KNOWN_AT, pytest.fail)
    assert {each["end"] - each["start"] for each in records} == {timedelta(minutes=15)}


@pytest.mark.parametrize("geo", [None, True, 8741.5, [], {}, "", "Península"])
def test_a_price_of_no_geography_costs_itself(geo: Any) -> None:
    rows = [
        {"geo_id": g, "datetime": f"2026-02-02T1{n}:00:00Z", "value": 1.0} for n, g in enumerate(["8741", geo, 8741])
    ]
    said: list[str] = []
    records = parse_indicator({"indicator": {"id": 1001, "values": rows}}, KNOWN_AT, said.append)
    assert [each["zone"] for each in records] == ["ES-peninsula"] * 2
    assert "1 of its values" in said[0]


def pvpc(day: str, cells: list[Any]) -> dict[str, Any]:
    return {
        "PVPC": [{"Dia": day, "Hora": f"{h:02d}-{h + 1:02d}", "PCB": c, "CYM": "2,00"} for h, c in enumerate(cells)]
    }


@pytest.mark.parametrize("cell", [None, "", "n/a", {}, [], "1.234"])
def test_a_cell_of_pvpc_that_is_no_price_costs_its_zones(cell: Any) -> None:
    said: list[str] = []
    records = parse_pvpc_file(pvpc("15/01/2026", [cell, *["171.48"] * 23]), KNOWN_AT, said.append)
    assert len(records) == 5 * 24 - 3
    assert {r["price_eur_mwh"] for r in records} == {171.48, 2.0}
    assert "3 of its values" in said[0]


def test_clients_name_themselves_as_browsers(sources: Sources) -> None:
    day = date(2026, 1, 15)
    body = json.dumps(pvpc("15/01/2026", ["1,00"] * 24)).encode()
    sources.answers[("/archives/70/download_json", f"{day}")] = (200, body)
    for source in ("pvpc", "apidatos", "omie"):
        list(fetch_days(source, [day], lambda _: None))
    assert sources.asked
    assert all(headers["User-Agent"].startswith("Mozilla/") for _, headers in sources.asked)


@pytest.mark.parametrize("source", ["pvpc", "apidatos"])
@pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b'"word"', b"{}", b'{"PVPC": {}}', b'{"PVPC": [1]}',
                                  b'{"PVPC": null}', b'{"included": 7}', b'{"errors": 7}', b"[" * 100_000])  # fmt: skip
def test_an_answer_of_another_form_costs_its_day(sources: Sources, source: str, body: bytes) -> None:
    path, asked = {
        "pvpc": ("/archives/70/download_json", "2026-02-03"),
        "apidatos": (esios.APIDATOS, "2026-02-03T00:00"),
    }[source]
    sources.answers[(path, asked)] = (200, body)
    found, said = days_of(source, FIRST, 1)
    assert found == {}
    assert said


def rows(geo: int, start: datetime, step: timedelta, values: list[Any]) -> list[dict[str, Any]]:
    return [{"geo_id": geo, "datetime": (start + n * step).isoformat(), "value": v} for n, v in enumerate(values)]


def test_a_null_of_esios_costs_its_period_and_lengthens_no_other() -> None:
    stated = rows(8741, KNOWN_AT, HOUR, [1.0, None, 2.0, "x", 3.0])
    said: list[str] = []
    records = parse_indicator({"indicator": {"id": 1001, "values": [*stated, {}, None, 7]}}, KNOWN_AT, said.append)
    assert [r["start"] - KNOWN_AT for r in records] == [0 * HOUR, 2 * HOUR, 4 * HOUR]
    assert {r["end"] - r["start"] for r in records} == {HOUR}
    assert "5 of its values" in said[0]


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "2026-01-01T00:00:00"])
def test_a_time_that_no_market_knows_costs_its_row(stated: str) -> None:
    odd = {"geo_id": 8741, "datetime": stated, "value": 1.0}
    body = {"indicator": {"id": 1001, "values": [odd, *rows(8741, KNOWN_AT, HOUR, [2.0])]}}
    assert [r["price_eur_mwh"] for r in parse_indicator(body, KNOWN_AT, lambda _: None)] == [2.0]


@pytest.mark.parametrize("year", [1, 1997, 2101, 9999])
def test_a_day_that_no_market_knows_is_refused(year: int) -> None:
    with pytest.raises(OmieFileError):
        parse_marginal("\n".join(["MARGINALPDBC;", f"{year};1;1;1;1;1;", "*"]), KNOWN_AT)
    with pytest.raises(SourceError):
        parse_pvpc_file(pvpc(f"01/01/{year:04d}", ["1,0"] * 24), KNOWN_AT)
    with pytest.raises(OmieFileError):
        parse_report(f"OMIE;01/01/{year:04d}\nPrecio marginal (EUR/MWh);1,5;", KNOWN_AT)


def test_each_series_has_its_own_length_which_may_change_between_days() -> None:
    start = datetime(2025, 9, 29, 22, tzinfo=timezone.utc)
    quarters = rows(3, start + 24 * HOUR, HOUR / 4, [1.0] * 96)
    body = {
        "indicator": {
            "id": 600,
            "values": [*rows(3, start, HOUR, [1.0] * 24), *quarters, *rows(1, start, HOUR, [2.0] * 48)],
        }
    }
    records = parse_indicator(body, KNOWN_AT)
    for zone in ("ES", "PT"):
        covered = sum((r["end"] - r["start"] for r in records if r["zone"] == zone), timedelta())
        assert covered == 48 * HOUR


@given(st.sets(st.integers(0, 95), min_size=2))
def test_periods_of_a_day_never_overlap(slots: set[int]) -> None:
    starts = sorted(KNOWN_AT - HOUR + n * HOUR / 4 for n in slots)
    found = lengths(starts)
    assert set(found) == set(starts)
    days = {start: start.astimezone(MADRID).date() for start in starts}
    assert all(a + found[a] <= b or days[a] != days[b] for a, b in pairwise(starts))


def test_a_price_that_is_no_number_never_becomes_a_message() -> None:
    for record in parse_indicator(
        {"indicator": {"id": 600, "values": rows(3, KNOWN_AT, HOUR, [float("nan"), float("inf"), 4.5])}}, KNOWN_AT
    ):
        TOPICS["prices"].parse(message("prices", record).value, KNOWN_AT)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["indicator", "id", "values", "geo_id", "datetime", "value", "PVPC", "Dia", "PCB", "CYM",
                         "included", "attributes", "errors", "message", "detail"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_any_json_is_records_or_a_refusal(body: Any) -> None:
    for parse in (parse_indicator, parse_pvpc_file, parse_apidatos):
        try:
            parse(body, KNOWN_AT, lambda _: None)
        except SourceError:
            continue


@given(st.text() | st.lists(st.lists(st.text(max_size=6), max_size=8).map(";".join), max_size=30).map(
    lambda lines: "\n".join(["MARGINALPDBC;", *lines, "*"])))  # fmt: skip
def test_any_text_is_records_or_a_refusal(text: str) -> None:
    for parse in (parse_marginal, parse_report):
        try:
            parse(text, KNOWN_AT, lambda _: None)
        except OmieFileError:
            continue
    assert dotted("1") == 1.0
