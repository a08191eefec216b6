from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_layer.clean import merge_repeats
from batch_layer.quarters.totals import FIRST_MONDAY, Work, total_communities, total_weeks
from energy.balance import installation_energy
from energy.calendar import period_start, quarter_hours
from energy.conflict import merge
from energy.limits import Limits
from store.history.memberships import Membership

DAY = datetime(2026, 3, 4, tzinfo=timezone.utc)
WORK = Work({"a": Limits(5.0)}, DAY + timedelta(days=2), 1)


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


def week(*rows: tuple[str, dict[str, Any]], days: Sequence[date] = (DAY.date(),)) -> pa.RecordBatch:
    blank = {
        "installation_id": "a",
        "week": (DAY.date() - FIRST_MONDAY).days // 7,
        "days": list(days),
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


def test_only_affected_days_are_stated() -> None:
    got = totals(week(("interval", interval(23, 4.0)), ("interval", interval(24, 4.0))))
    assert {start.date() for _, start in got} == {DAY.date()}
    assert sum(got.values()) == 4.0


EXPECTED = {
    "event_day": DAY.date(), "device_id": "a-inverter", "quantities": ["generation"], "is_first": False,
    "stated_from": None, "stated_until": None,
}  # fmt: skip
_readings = st.builds(
    lambda minute, wh, delay, more: (
        reading(minute, wh, **more) | {"received_at": DAY + timedelta(minutes=minute + delay)}
    ),
    st.integers(-2000, 3000),
    st.sampled_from([0.0, 50.0, 51.5, 900.0, 4_000_000.0]),
    st.sampled_from([0, 1, 40]),
    st.sampled_from([{}, {"ac_power_w": 0.0}, {"ac_power_w": 4000.0}]),
)
_intervals = st.builds(interval, st.integers(0, 25), st.sampled_from([0.0, 12.5, 900.001]))


@settings(max_examples=250, deadline=None)
@given(st.lists(_readings, max_size=8), st.lists(_intervals, max_size=4), st.data())
def test_any_order_and_repetition_of_a_week_gives_the_same_bytes(
    readings: list[dict[str, Any]], intervals: list[dict[str, Any]], data: st.DataObject
) -> None:
    rows = [("expected", EXPECTED), *(("reading", r) for r in readings), *(("interval", i) for i in intervals)]
    repeated = [*rows[1:], *(data.draw(st.lists(st.sampled_from(rows[1:]), max_size=4)) if len(rows) > 1 else [])]
    came = [rows[0], *data.draw(st.permutations(repeated))]
    assert list(total_weeks(WORK, [week(*came)])) == list(total_weeks(WORK, [week(*rows)]))


@settings(max_examples=250, deadline=None)
@given(st.sets(st.integers(-1400, 1400), min_size=2, max_size=6), st.data())
def test_whatever_the_holes_a_register_gives_its_true_increase(minutes: set[int], data: st.DataObject) -> None:
    steps = [data.draw(st.integers(0, 40)) * 1.5 for _ in minutes]
    counted = [100.0 + sum(steps[: n + 1]) for n in range(len(minutes))]
    rows = [("reading", reading(minute, wh)) for minute, wh in zip(sorted(minutes), counted, strict=True)]
    days = sorted({DAY.date() + timedelta(days=n) for n in range(-2, 3)})
    (totals, _) = total_weeks(WORK, [week(*rows, days=days)])
    lower, energy, upper = (totals.column(name).to_numpy() for name in ("lower_wh", "energy_wh", "upper_wh"))
    assert round(float(energy.sum()) * 1000) == round((counted[-1] - counted[0]) * 1000)
    assert (lower <= energy).all()
    assert (energy <= upper).all()
    first, last = (DAY + timedelta(minutes=minute) for minute in (min(minutes), max(minutes)))
    assert totals.column("start").to_pylist() == list(quarter_hours(period_start(first), last))


def test_the_ledger_has_what_became_of_each_quarter_hour() -> None:
    came = [reading(m, 50.0 + m) for m in (*range(0, 61, 5), *range(600, 661, 5))]
    late = reading(720, 800.0) | {"received_at": DAY + timedelta(days=1)}
    (_, ledger) = total_weeks(WORK, [week(("expected", EXPECTED), *(("reading", r) for r in [*came, late]))])
    entries = [(row["start"].hour, row["until"].hour, row["state"], row["cause"]) for row in ledger.to_pylist()]
    assert entries == [
        (0, 1, "present", ""),
        (1, 10, "estimated", "gap"),
        (10, 11, "present", ""),
        (11, 12, "estimated", "gap"),
        (12, 0, "missing", "silent"),
    ]
    assert sum(row["periods"] for row in ledger.to_pylist()) == 96


def community(members: Sequence[Membership], *values: tuple[str, datetime, float]) -> list[dict[str, Any]]:
    """What is made of the (member, start, Wh) of a day."""
    rows = [
        {
            "community_id": "c",
            "event_day": DAY.date(),
            "installation_id": member,
            "quantity": "import",
            "start": start,
            "energy_wh": wh,
            "completeness": 1.0,
            "method": "measured",
            "lower_wh": wh,
            "upper_wh": wh,
            "cause": "",
        }
        for member, start, wh in values
    ]
    schema = pa.RecordBatch.from_pylist(rows).schema.set(4, pa.field("start", pa.timestamp("us", tz="UTC")))
    (together,) = total_communities({"c": members}, iter([pa.RecordBatch.from_pylist(rows, schema=schema)]))
    return together.to_pylist()


def test_a_community_is_the_exact_sum_of_its_members() -> None:
    members = [Membership(f"m{n}", "c") for n in range(3)]
    (together,) = community(members, *((f"m{n}", DAY, wh) for n, wh in enumerate((0.1, 0.2, 0.7))))
    assert together["energy_wh"] == 1.0
    assert together["installation_id"] == "c"
    assert together["event_day"] == date(2026, 3, 4)


def test_who_joins_or_leaves_within_a_day_is_missed_only_where_it_belongs() -> None:
    at = [DAY + n * timedelta(minutes=15) for n in range(4)]
    members = [Membership("stays", "c"), Membership("leaves", "c", end=at[2]), Membership("joins", "c", start=at[3])]
    values = [("joins", at[3], 4.0), ("leaves", at[0], 1.0), *(("stays", each, 2.0) for each in at)]
    together = {each["start"]: (each["energy_wh"], each["completeness"]) for each in community(members, *values)}
    # Of the second quarter-hour there is no word of the one that leaves after it.
    assert together == dict(zip(at, [(3.0, 1.0), (2.0, 0.5), (2.0, 1.0), (6.0, 1.0)], strict=True))


SAMPLES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["d1", "d2"]), st.integers(0, 5), st.floats(-10, 10)),
    min_size=1,
    max_size=30,
)


def name(row: dict[str, Any]) -> tuple[str, str, datetime]:
    return row["installation_id"], row["device_id"], row["time"]


@settings(max_examples=150, deadline=None)
@given(SAMPLES, st.integers(1, 7))
def test_repeats_are_merged_wherever_batches_end(samples: list[tuple[str, str, int, float]], size: int) -> None:
    rows = [
        reading(minute, 1.0, device, ac_power_w=w, event_day=DAY.date(), installation_id=home)
        for home, device, minute, w in samples
    ]
    rows.sort(key=name)
    table = pa.Table.from_pylist(rows)
    merged = pa.Table.from_batches(merge_repeats(iter(table.to_batches(max_chunksize=size))), table.schema)
    expected: dict[tuple[str, str, datetime], dict[str, Any]] = {}
    for row in rows:
        key = name(row)
        row.pop("event_day")
        expected[key] = merge(expected.get(key, {}), row)
    expected = {key: row | {"event_day": DAY.date()} for key, row in expected.items()}
    found = {name(r): r for r in merged.to_pylist()}
    assert len(found) == len(merged)
    assert found == expected


def test_windows_of_different_length_agree() -> None:
    readings = [reading(m, 10.0 * m / 7, "a-inverter") for m in range(-600, 3000, 11)]
    end = DAY + timedelta(days=1)
    day = installation_energy(readings, DAY, end, Limits(5.0))
    two = installation_energy(readings, DAY - timedelta(days=1), end + timedelta(days=1), Limits(5.0))
    assert day == list(itertools.filterfalse(lambda row: not DAY <= row.start < end, two))
