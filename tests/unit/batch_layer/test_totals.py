from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_layer.clean import merge_repeats
from batch_layer.totals import Work, total_communities, total_weeks
from energy.balance import installation_energy
from energy.conflict import merge

DAY = datetime(2026, 3, 4, tzinfo=timezone.utc)
WORK = Work({"a": 5.0}, DAY + timedelta(days=2), 1)


def reading(minutes: int, wh: float, device: str = "a-inverter", **more: Any) -> dict[str, Any]:
    return {
        "installation_id": "a",
        "device_id": device,
        "device_kind": "inverter",
        "time": DAY + timedelta(minutes=minutes),
        "received_at": DAY + timedelta(minutes=minutes, seconds=1),
        "energy_total_wh": wh,
    } | more


def interval(hour: int, generation: float) -> dict[str, Any]:
    start = DAY + timedelta(hours=hour)
    return {
        "installation_id": "a",
        "meter_id": "a-meter",
        "start": start,
        "end": start + timedelta(hours=1),
        "generation_wh": generation,
        "method": "measured",
        "source": "test",
        "known_at": DAY + timedelta(days=2),
    }


def week(*rows: tuple[str, dict[str, Any]]) -> pa.RecordBatch:
    blank = {
        "installation_id": "a",
        "week": 7,
        "days": [DAY.date()],
        "reading": None,
        "interval": None,
        "expected": None,
    }
    return pa.RecordBatch.from_pylist([blank | {kind: record} for kind, record in rows])


def totals(batch: pa.RecordBatch) -> dict[tuple[str, datetime], float]:
    rows = pa.Table.from_batches(list(total_weeks(WORK, [batch]))).to_pylist()
    return {(r["quantity"], r["start"]): r["energy_wh"] for r in rows}


def test_readings_win_and_intervals_fill_to_the_milliwatthour() -> None:
    read = [("reading", reading(60 + m, 1000 + m)) for m in range(0, 61, 5)]
    got = totals(week(*read, ("interval", interval(1, 9999.0)), ("interval", interval(5, 100.001))))
    by_hour = {hour: sum(v for (_, start), v in got.items() if start.hour == hour) for hour in (1, 5)}
    assert round(by_hour[1], 3) == 60
    assert round(by_hour[5], 3) == 100.001


def test_only_touched_days_are_stated() -> None:
    got = totals(week(("interval", interval(23, 4.0)), ("interval", interval(24, 4.0))))
    assert {start.date() for _, start in got} == {DAY.date()}
    assert sum(got.values()) == 4.0


def test_any_order_and_repetition_of_a_week_gives_the_same_bytes() -> None:
    rows = [("reading", reading(m, 50.0 + m)) for m in range(0, 120, 7)] + [("interval", interval(8, 12.5))]
    whole = list(total_weeks(WORK, [week(*rows)]))
    shuffled = list(total_weeks(WORK, [week(*reversed(rows), *rows[:4])]))
    assert whole == shuffled


def test_a_community_is_the_exact_sum_of_its_members() -> None:
    parts = [0.1, 0.2, 0.7]
    rows = [
        {
            "community_id": "c",
            "event_day": DAY.date(),
            "installation_id": f"m{n}",
            "quantity": "import",
            "start": DAY,
            "energy_wh": wh,
            "completeness": 1.0,
            "method": "measured",
            "lower_wh": wh,
            "upper_wh": wh,
            "cause": "",
        }
        for n, wh in enumerate(parts)
    ]
    schema = pa.RecordBatch.from_pylist(rows).schema.set(4, pa.field("start", pa.timestamp("us", tz="UTC")))
    (together,) = total_communities(iter([pa.RecordBatch.from_pylist(rows, schema=schema)]))
    assert together.to_pylist()[0]["energy_wh"] == 1.0
    assert together.to_pylist()[0]["installation_id"] == "c"
    assert together.to_pylist()[0]["event_day"] == date(2026, 3, 4)


SAMPLES = st.lists(
    st.tuples(st.sampled_from(["d1", "d2"]), st.integers(0, 5), st.floats(-10, 10)), min_size=1, max_size=30
)


@settings(max_examples=1_000, deadline=None)
@given(SAMPLES, st.integers(1, 7))
def test_repeats_are_merged_wherever_batches_end(samples: list[tuple[str, int, float]], size: int) -> None:
    rows = [reading(minute, 1.0, device, ac_power_w=w, event_day=DAY.date()) for device, minute, w in samples]
    rows.sort(key=lambda r: (r["device_id"], r["time"]))
    table = pa.Table.from_pylist(rows)
    merged = pa.Table.from_batches(merge_repeats(iter(table.to_batches(max_chunksize=size))), table.schema)
    expected: dict[tuple[str, datetime], dict[str, Any]] = {}
    for row in rows:
        key = row["device_id"], row["time"]
        row.pop("event_day")
        expected[key] = merge(expected.get(key, {}), row)
    expected = {key: row | {"event_day": DAY.date()} for key, row in expected.items()}
    found = {(r["device_id"], r["time"]): r for r in merged.to_pylist()}
    assert len(found) == len(merged)
    assert found == expected


def test_windows_of_different_length_agree() -> None:
    readings = [reading(m, 10.0 * m / 7, "a-inverter") for m in range(-600, 3000, 11)]
    end = DAY + timedelta(days=1)
    day = installation_energy(readings, DAY, end, 5.0)
    two = installation_energy(readings, DAY - timedelta(days=1), end + timedelta(days=1), 5.0)
    assert day == list(itertools.filterfalse(lambda row: not DAY <= row.start < end, two))
