"""A marker in a side field costs that field, and says so; the reading stays."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from energy.conflict import merge
from energy.topics import TOPICS, Rejected

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
READING = {
    "installation_id": "home",
    "device_id": "battery",
    "device_kind": "battery",
    "time": "2026-06-01T11:59:00Z",
    "charge_total_wh": 1000.0,
}


def parse(topic: str, record: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    return TOPICS[topic].parse_with_dropped(json.dumps(record).encode(), NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("soc_pct", 6553.5),
        ("ambient_temperature_c", 3276.7),
        ("frequency_hz", 6553.5),
        ("irradiance_w_m2", -51.0),
        ("import_power_w", -0.4),
        ("discharge_total_wh", -1.0),
        ("status_code", -5),
        ("voltage_v", 1e9),
        ("soc_pct", float("nan")),
        ("ambient_temperature_c", float("inf")),
        ("import_total_wh", float("-inf")),
        ("status_code", 5.0),
        ("status_code", 2**70),
        ("status", ""),
        ("status", "x" * 300),
        ("source", ""),
    ],
)
def test_a_marker_costs_its_field_alone(field: str, value: float | str) -> None:
    record, dropped = parse("readings", {**READING, field: value, "current_a": 3.0})
    assert field not in record
    assert (record["charge_total_wh"], record["current_a"]) == (1000.0, 3.0)
    assert list(dropped) == [field]
    assert dropped[field]


def test_several_markers_cost_several_fields() -> None:
    _, dropped = parse("readings", {**READING, "soc_pct": 6553.5, "frequency_hz": 6553.5})
    assert set(dropped) == {"soc_pct", "frequency_hz"}


@pytest.mark.parametrize(
    "record",
    [
        {**READING, "charge_total_wh": -1.0},
        {**READING, "charge_total_wh": float("nan"), "status": "on", "source": "gateway"},
        {**READING, "soc_pct": 6553.5, "device_kind": "toaster"},
        {**READING, "soc_pct": "full"},
        {**READING, "soc_pct": 6553.5, "time": "2026-06-01T11:59:00"},
    ],
)
def test_a_reading_that_is_wrong_otherwise_or_has_nothing_left_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        parse("readings", record)


@pytest.mark.parametrize("zero", ["-0.0", "-0", "-1e-400", "-0.00"])
def test_a_zero_below_zero_is_zero_and_does_not_win_over_what_was_measured(zero: str) -> None:
    text = json.dumps({**READING, "ac_power_w": -7.5}).replace("1000.0", zero)
    record = TOPICS["readings"].parse(text.encode(), NOW)
    assert (str(record["charge_total_wh"]), record["ac_power_w"]) == ("0.0", -7.5)
    measured = TOPICS["readings"].parse(json.dumps(READING).encode(), NOW)
    assert merge(record, measured)["charge_total_wh"] == 1000.0


def test_an_energy_or_a_price_out_of_range_is_refused() -> None:
    interval = {
        "installation_id": "home", "meter_id": "m", "start": "2026-06-01T10:00:00Z", "end": "2026-06-01T11:00:00Z",
        "import_wh": -1.0, "export_wh": 3.0, "method": "measured", "source": "s", "known_at": "2026-06-01T11:30:00Z",
    }  # fmt: skip
    with pytest.raises(Rejected):
        parse("intervals", interval)


@pytest.mark.parametrize(
    ("start", "end", "is_taken"),
    [
        ("2025-09-30T22:00:00Z", "2025-10-31T23:00:00Z", True),
        ("2025-10-20T00:00:00Z", "2025-12-20T00:00:00Z", True),
        ("2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z", True),
        ("2024-12-31T23:00:00Z", "2026-02-05T00:00:00Z", False),
    ],
)
def test_a_bill_may_last_a_year(start: str, end: str, is_taken: bool) -> None:
    interval = {
        "installation_id": "home", "meter_id": "m", "start": start, "end": end, "import_wh": 1.0,
        "method": "measured", "source": "bill", "known_at": "2026-06-01T11:30:00Z",
    }  # fmt: skip
    if is_taken:
        assert parse("intervals", interval)[0]["import_wh"] == 1.0
    else:
        with pytest.raises(Rejected, match="within 400 days"):
            parse("intervals", interval)
