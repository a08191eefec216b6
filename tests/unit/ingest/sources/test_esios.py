"""ESIOS, the PVPC day file and apidatos: instants, zones and clock-change days."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.esios import EsiosError, parse_apidatos, parse_indicator, parse_pvpc_file
from tests.support.recorded import naming, recorded

KNOWN_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def indicator(*rows: tuple[int, str, float], number: int = 1001) -> dict[str, Any]:
    """An ESIOS body of rows (geo, local time with offset, price)."""
    return {"indicator": {"id": number, "values": [{"geo_id": g, "datetime": d, "value": v} for g, d, v in rows]}}


def pvpc_file(day: str, hours: int) -> dict[str, Any]:
    """A public day file whose labels run on, as the genuine ones do."""
    return {
        "PVPC": [
            {"Dia": day, "Hora": f"{h:02d}-{h + 1:02d}", "PCB": f"{100 + h},50", "CYM": "1.100,00"}
            for h in range(hours)
        ]
    }


def test_the_second_two_o_clock_of_october_is_its_own_hour() -> None:
    body = indicator((8741, "2021-10-31T02:00:00.000+02:00", 1.0), (8741, "2021-10-31T02:00:00.000+01:00", 2.0))
    first, second = parse_indicator(body, KNOWN_AT)
    assert first["start"] == datetime(2021, 10, 31, 0, tzinfo=timezone.utc)
    assert second["start"] == datetime(2021, 10, 31, 1, tzinfo=timezone.utc)
    assert first["end"] == second["start"]


def test_a_canary_customer_pays_the_price_of_the_same_clock_hour() -> None:
    (record,) = parse_indicator(indicator((8742, "2024-03-09T10:00:00.000+01:00", 44.0)), KNOWN_AT)
    assert record["zone"] == "ES-canarias"
    assert record["start"] == datetime(2024, 3, 9, 10, tzinfo=timezone.utc)  # 10:00 on the islands


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("31/10/2021", 25, id="autumn"),
        pytest.param("27/03/2022", 23, id="spring"),
        pytest.param("01/06/2021", 24, id="plain"),
    ],
)
def test_day_file_counts_hours_by_place(day: str, hours: int) -> None:
    records = [r for r in parse_pvpc_file(pvpc_file(day, hours), KNOWN_AT) if r["zone"] == "ES-peninsula"]
    assert len(records) == hours
    assert all(a["end"] == b["start"] for a, b in pairwise(records))
    assert records[0]["price_eur_mwh"] == 100.5


def test_day_file_reads_thousands_and_zones() -> None:
    records = parse_pvpc_file(pvpc_file("01/06/2021", 24), KNOWN_AT)
    assert {r["price_eur_mwh"] for r in records if r["zone"] == "ES-melilla"} == {1100.0}
    assert len({r["zone"] for r in records}) == 5


def test_apidatos_is_chosen_by_id_not_by_place() -> None:
    def series(number: str, *rows: tuple[str, float]) -> dict[str, Any]:
        values = [{"value": price, "datetime": f"2026-07-26T{clock}:00.000+02:00"} for clock, price in rows]
        return {"type": "?", "id": number, "attributes": {"values": values}}

    body = {"included": [series("600", ("00:00", 1.0), ("00:15", 2.0)), series("1001", ("00:00", 9.0))]}
    records = parse_apidatos(body, KNOWN_AT)
    assert [(r["market"], r["price_eur_mwh"]) for r in records] == [
        ("spot", 1.0),
        ("spot", 2.0),
        ("pvpc", 9.0),
    ]
    assert records[0]["end"] - records[0]["start"] == timedelta(minutes=15)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"indicator": {"id": 42, "values": []}}, id="other-indicator"),
        pytest.param({"indicator": {"id": 1001, "values": [{"value": 1}]}}, id="no-datetime"),
    ],
)
def test_what_is_not_a_price_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(EsiosError):
        parse_indicator(body, KNOWN_AT)


def test_errors_inside_a_good_answer_are_said() -> None:
    with pytest.raises(EsiosError, match="No values"):
        parse_pvpc_file({"message": "No values for specified archive"}, KNOWN_AT)
    with pytest.raises(EsiosError, match="geo_limit"):
        parse_apidatos({"errors": [{"status": "400", "detail": "geo_limit not allowed"}]}, KNOWN_AT)


MARKETS = [*recorded("esios", "PRICES_ESIOS_1001_*.json"), *recorded("esios", "PRICES_ESIOS_1739_*.json")]
SHORT, LONG = "2026_03_29", "2026_10_25"


@pytest.mark.parametrize("path", MARKETS, ids=naming)
def test_days_are_whole(path: Path) -> None:
    body = json.loads(path.read_text("utf-8"))
    count = {SHORT: 23, LONG: 25}.get(path.stem[-10:], 24)
    records = parse_indicator(body, KNOWN_AT)
    for zone in {r["zone"] for r in records}:
        rows = sorted((r["start"], r["end"]) for r in records if r["zone"] == zone)
        assert len(rows) == count
        assert rows[-1][1] - rows[0][0] == count * HOUR


@pytest.mark.parametrize("path", recorded("esios", "PVPC_CURV_DD_*.json"), ids=naming)
def test_day_file_and_indicator_agree(path: Path) -> None:
    day_file = parse_pvpc_file(json.loads(path.read_text("utf-8")), KNOWN_AT)
    body = json.loads(path.with_name(path.name.replace("PVPC_CURV_DD", "PRICES_ESIOS_1001")).read_text("utf-8"))
    key = {(r["zone"], r["start"]): r["price_eur_mwh"] for r in day_file}
    asked = {(r["zone"], r["start"]): r["price_eur_mwh"] for r in parse_indicator(body, KNOWN_AT)}
    assert asked == pytest.approx(key)
