"""Files that are odd and legitimate: what they say is taken as it is meant, or refused before it is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest.files.test_import import HOURLY, hours, read

DEVICE = {"installation_id": "casa", "device_id": "d", "device_kind": "meter", "time": {"column": "t", "zone": "UTC"}}
AT = "2026-01-05T12:00:00"


def readings(
    tmp_path: Path, text: str, columns: dict[str, str], **said: Any
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """What is refused, and the fields of each reading."""
    mapped = {field: {"column": column} for field, column in columns.items()}
    understood, records = read(tmp_path, text, **DEVICE, columns=mapped, **said)
    kept = [{name: value for name, value in record.items() if name in understood.fields} for record in records]
    return dict(understood.refused), kept


def test_what_is_negative_of_a_power_is_the_other_direction(tmp_path: Path) -> None:
    text = f"t,w\n{AT},-420\n2026-01-05T12:05:00,300\n"
    refused, kept = readings(tmp_path, text, {"import_power_w": "w"})
    assert refused == {}
    assert kept == [{"import_power_w": 0.0, "export_power_w": 420.0}, {"import_power_w": 300.0, "export_power_w": 0.0}]
    _, kept = readings(tmp_path, f"t,w\n{AT},300\n", {"import_power_w": "w"})
    assert kept == [{"import_power_w": 300.0}]


def test_a_power_that_has_a_column_of_its_own_for_each_direction_is_not_negative(tmp_path: Path) -> None:
    columns = {"import_power_w": "in", "export_power_w": "out"}
    refused, kept = readings(tmp_path, f"t,in,out\n{AT},-420,0\n", columns)
    assert refused == {"import_power_w is negative or beyond measure": 1}
    assert kept == [{"export_power_w": 0.0}]


@pytest.mark.parametrize(("field", "marker"), [("soc_pct", 6553.5), ("frequency_hz", -1), ("irradiance_w_m2", 65535)])
def test_a_value_that_no_reading_can_have_is_refused_before_it_is_published(
    tmp_path: Path, field: str, marker: float
) -> None:
    refused, kept = readings(tmp_path, f"t,x,w\n{AT},{marker},1\n", {field: "x", "import_power_w": "w"})
    assert refused == {f"{field} is negative or beyond measure": 1}
    assert kept == [{"import_power_w": 1.0}]


def test_a_code_of_state_is_a_whole_number(tmp_path: Path) -> None:
    text = f"t,w,code\n{AT},5,4\n2026-01-05T12:05:00,6,\n"
    refused, kept = readings(tmp_path, text, {"ac_power_w": "w", "status_code": "code"})
    assert (refused, kept) == ({}, [{"ac_power_w": 5.0, "status_code": 4}, {"ac_power_w": 6.0}])


@pytest.mark.parametrize("marks", ["start", "end"])
def test_a_total_of_a_local_day_is_of_its_23_24_or_25_hours(tmp_path: Path, marks: str) -> None:
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 24), date(2026, 10, 25)]
    labels = [date.fromordinal(day.toordinal() + (marks == "end")) for day in days]
    rows = "".join(f"{label:%d/%m/%Y};2,5\n" for label in labels)
    time = {"column": "d", "format": "%d/%m/%Y", "zone": "Europe/Madrid", "minutes": 1440, "marks": marks}
    understood, records = read(tmp_path, f"d;kwh\n{rows}", **HOURLY, decimal=",", time=time)
    assert [(each["start"], each["end"]) for each in records] == [
        (hours(day, 1)[0], hours(date.fromordinal(day.toordinal() + 1), 1)[0]) for day in days
    ]
    assert len(understood.holes()) == 1


@pytest.mark.parametrize("seconds", ["1767614400.123", "1767614400123"])
def test_a_unix_time_may_be_in_milliseconds(tmp_path: Path, seconds: str) -> None:
    _, records = read(
        tmp_path, f"t,w\n{seconds},1\n", **{**DEVICE, "time": {"column": "t", "format": "unix"}},
        columns={"import_power_w": {"column": "w"}},
    )  # fmt: skip
    assert [record["time"] for record in records] == ["2026-01-05T12:00:00.123Z"]


def test_a_fraction_of_a_second_may_have_a_comma(tmp_path: Path) -> None:
    said = {**DEVICE, "columns": {"import_power_w": {"column": "w"}}}
    _, records = read(tmp_path, "t;w\n2026-01-05 12:00:00,250;1\n", **said)
    assert [record["time"] for record in records] == ["2026-01-05T12:00:00.250Z"]


def test_a_column_is_the_same_whatever_blanks_are_in_its_name(tmp_path: Path) -> None:
    said = HOURLY | {"columns": {"import_wh": {"column": "Energía (kWh)", "factor": 1000}}}
    time = {"column": "t", "zone": "Europe/Madrid"}
    understood, records = read(tmp_path, "t;energía\u00a0 (kwh) \n2026-01-05T13:00;0.5\n", **said, time=time)
    assert (understood.refused, records[0]["import_wh"]) == ({}, 500.0)


@pytest.mark.parametrize(("day", "count"), [(date(2026, 1, 5), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
@pytest.mark.parametrize("marks", ["start", "end"])
@pytest.mark.parametrize("written", ["{0:02}-{1:02}", "{0} - {1}", "{0:02}:00 – {1:02}:00"])
def test_an_hour_may_name_both_its_ends(tmp_path: Path, day: date, count: int, marks: str, written: str) -> None:
    numbers = [n for n in range(25) if n != 2] if count == 23 else list(range(count))
    rows = "".join(f"{day:%d/%m/%Y};{written.format(n, n + 1)};0,1\n" for n in numbers[:count])
    time = {"column": "d", "hour": "h", "format": "%d/%m/%Y", "zone": "Europe/Madrid", "marks": marks}
    understood, records = read(tmp_path, f"d;h;kwh\n{rows}", **HOURLY, decimal=",", time=time)
    assert understood.refused == {}
    assert [record["start"] for record in records] == hours(day, count)


@pytest.mark.parametrize("written", ["H{:02}", "h{}", "{}h", "{} H"])
def test_a_number_of_an_hour_may_bear_its_letter(tmp_path: Path, written: str) -> None:
    day = date(2026, 1, 5)
    rows = "".join(f"{day:%d/%m/%Y};{written.format(n)};0,1\n" for n in range(1, 25))
    time = {"column": "d", "hour": "h", "format": "%d/%m/%Y", "zone": "Europe/Madrid", "marks": "end"}
    understood, records = read(tmp_path, f"d;h;kwh\n{rows}", **HOURLY, decimal=",", time=time)
    assert understood.refused == {}
    assert [record["start"] for record in records] == hours(day, 24)
