"""Every expected period has a state, and every difference has causes that sum to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import EnergyRow
from energy.gaps import arrivals, as_it_stands, gap_ledger, stretches
from energy.limits import UNLIMITED
from energy.reconcile import added_by, explain, summed

MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
SOON, NEXT_DAY, NEXT_YEAR = MIDNIGHT + QUARTER, MIDNIGHT + timedelta(days=1), MIDNIGHT + timedelta(days=365)


def row(n: int = 0, wh: float = 5.0, complete: float = 1.0, method: str = "measured", cause: str = "") -> EnergyRow:
    return EnergyRow("import", MIDNIGHT + n * QUARTER, wh, complete, method, wh, wh, cause)


@pytest.mark.parametrize(
    ("found", "arrived", "now", "state", "cause"),
    [
        pytest.param(row(), SOON, NEXT_DAY, "present", "", id="present"),
        pytest.param(row(), None, NEXT_DAY, "present", "", id="arrival-unknown"),
        pytest.param(row(wh=0.0), SOON, NEXT_DAY, "present", "", id="true-zero"),
        pytest.param(row(), NEXT_DAY, NEXT_DAY, "late", "late", id="late"),
        pytest.param(row(method="spread", cause="gap"), SOON, NEXT_DAY, "estimated", "gap", id="spread"),
        pytest.param(row(method="integrated"), SOON, NEXT_DAY, "estimated", "integrated", id="power"),
        pytest.param(None, None, SOON, "missing", "awaited", id="not-yet-due"),
        pytest.param(None, None, NEXT_DAY, "missing", "silent", id="silent"),
        pytest.param(None, None, NEXT_YEAR, "lost", "silent", id="given-up"),
        pytest.param(row(complete=0.4), SOON, NEXT_DAY, "missing", "partial", id="partial"),
        pytest.param(row(complete=0.4), SOON, SOON, "missing", "awaited", id="under-way"),
        pytest.param(row(complete=0.4), SOON, NEXT_YEAR, "lost", "partial", id="partial-for-good"),
        pytest.param(
            row(complete=0.0, method="estimated", cause="replaced"), SOON, NEXT_DAY, "lost", "replaced", id="replaced"
        ),
    ],
)
def test_states(found: EnergyRow | None, arrived: datetime | None, now: datetime, state: str, cause: str) -> None:
    arrivals = {} if arrived is None else {MIDNIGHT: arrived}
    (entry,) = gap_ledger([MIDNIGHT], [found] if found else [], arrivals, now)
    assert (entry.start, entry.state, entry.cause) == (MIDNIGHT, state, cause)


def test_every_expected_period_has_one_entry() -> None:
    expected = [MIDNIGHT + n * QUARTER for n in range(96)]
    ledger = gap_ledger([*expected[::-1], MIDNIGHT], [row(3)], {}, NEXT_DAY)
    assert [entry.start for entry in ledger] == expected
    assert [entry.state for entry in ledger].count("present") == 1


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param([row()], [], "gap", id="absent"),
        pytest.param([row()], [row(wh=7, complete=0.5)], "gap", id="partial"),
        pytest.param([row()], [row(wh=7, cause="jump", method="estimated")], "reset", id="fault"),
        pytest.param([row()], [row(wh=7, method="estimated")], "estimate", id="estimated"),
        pytest.param([row()], [row(wh=7)], "meter", id="two-instruments"),
    ],
)
def test_what_the_rows_say(before: list[EnergyRow], after: list[EnergyRow], cause: str) -> None:
    (difference,) = explain(before, after, {})
    assert difference.parts == {cause: difference.mwh}


def test_what_is_known_comes_first_and_the_rest_is_named() -> None:
    late = {"late": {MIDNIGHT: 1500}}
    (difference,) = explain([row(wh=5)], [row(wh=8)], late)
    assert (difference.mwh, difference.parts) == (3000, {"late": 1500, "meter": 1500})
    assert explain([row()], [row()], {}) == []


def test_a_clock_that_is_off_moves_energy() -> None:
    found = explain([row(0, 5), row(1, 9)], [row(0, 7), row(1, 6)], {})
    assert [difference.parts for difference in found] == [{"clock": 2000}, {"clock": -2000, "meter": -1000}]
    assert summed(found) == {"meter": -1000}


def test_what_is_known_is_a_part_only_where_it_brings_the_views_nearer() -> None:
    known = {"late": {MIDNIGHT: -4000}, "quarantine": {MIDNIGHT: 2500}}
    (difference,) = explain([row(wh=5)], [row(wh=8)], known)
    assert difference.parts == {"quarantine": 2500, "meter": 500}


def test_a_reading_that_replaced_another_explains_what_its_absence_does_not() -> None:
    (difference,) = explain([row(wh=5)], [row(wh=8)], {"late": {MIDNIGHT: 1000}}, {MIDNIGHT})
    assert difference.parts == {"late": 1000, "duplicate": 2000}


JUNE = [MIDNIGHT.date()]


def hour(wh: float, method: str = "spread") -> list[EnergyRow]:
    return [row(n, wh / 4, method=method) for n in range(4)]


@pytest.mark.parametrize(
    ("ours", "stated", "expected"),
    [
        pytest.param([100, 700, 300, 350], 1000, {"resolution": -450_000}, id="rounded down"),
        pytest.param([10, 500, 20, 20], 1000, {"resolution": 450_000}, id="rounded up"),
        pytest.param(
            [900, 700, 300, 300], 1000, {"resolution": -500_000, "estimate": -700_000}, id="beyond half a kWh"
        ),
        pytest.param([100, 300, 300, 300], 1000, {}, id="only its shape differs"),
    ],
)
def test_whole_kwh_explain_half_a_kwh_an_hour(ours: list[float], stated: float, expected: dict[str, int]) -> None:
    before = [row(n, wh) for n, wh in enumerate(ours)]
    found = explain(before, hour(stated), {}, (), JUNE)
    assert summed(found) == expected
    assert all(sum(each.parts.values()) == each.mwh for each in found)
    assert "resolution" not in summed(explain(before, hour(stated), {}))
    assert "resolution" not in summed(explain(before, hour(stated), {}, (), [date(2026, 7, 1)]))


def test_an_hour_that_one_view_lacks_in_part_says_nothing_of_rounding() -> None:
    found = explain([row(0, 100), row(1, 100)], hour(1000), {}, (), JUNE)
    assert summed(found) == {"gap": 500_000, "estimate": 300_000}


@settings(max_examples=250, deadline=None)
@given(
    *[
        st.lists(
            st.builds(
                row,
                st.integers(0, 12),
                st.integers(0, 10**6).map(lambda mwh: mwh / 1000),
                st.sampled_from([1.0, 0.5]),
                st.sampled_from(["measured", "estimated"]),
                st.sampled_from(["", "gap", "reset,stuck"]),
            ),
            max_size=12,
        )
    ]
    * 2,
    st.dictionaries(
        st.sampled_from(["late", "duplicate", "quarantine"]),
        st.dictionaries(st.integers(0, 12).map(lambda n: MIDNIGHT + n * QUARTER), st.integers(-(10**6), 10**6)),
    ),
    st.sampled_from([[], JUNE]),
)
def test_parts_always_sum_to_the_difference(
    before: list[EnergyRow], after: list[EnergyRow], known: dict[str, dict[datetime, int]], whole_kwh: list[date]
) -> None:
    found = explain(before, after, known, (), whole_kwh)
    for difference in found:
        assert sum(difference.parts.values()) == difference.mwh
        assert 0 not in difference.parts.values()
    first, second = ({r.start: round(r.energy_wh * 1000) for r in rows} for rows in (before, after))
    assert sum(summed(found).values()) == sum(second.values()) - sum(first.values())


def test_what_late_readings_added() -> None:
    def reading(minute: int) -> dict[str, Any]:
        time = MIDNIGHT + timedelta(minutes=minute)
        return {"device_id": "m", "device_kind": "meter", "time": time, "import_total_wh": 2.0 * minute}

    added = added_by(map(reading, (0, 5, 10)), map(reading, (20, 30)), MIDNIGHT, NEXT_DAY, UNLIMITED)
    assert added["import"] == {MIDNIGHT: 10_000, MIDNIGHT + QUARTER: 30_000}
    nothing = added_by(map(reading, (0, 5, 10)), map(reading, (5, 10)), MIDNIGHT, NEXT_DAY, UNLIMITED)
    assert nothing == {}


def test_periods_in_a_row_that_fared_alike_are_one_stretch() -> None:
    expected = [MIDNIGHT + n * QUARTER for n in range(8)]
    ledger = gap_ledger(expected, [row(0), row(1), row(2, complete=0.5), row(6), row(7)], {}, NEXT_DAY)
    found = stretches(ledger)
    assert [(s.start, s.until, s.state, s.cause, s.periods) for s in found] == [
        (MIDNIGHT, MIDNIGHT + 2 * QUARTER, "present", "", 2),
        (MIDNIGHT + 2 * QUARTER, MIDNIGHT + 3 * QUARTER, "missing", "partial", 1),
        (MIDNIGHT + 3 * QUARTER, MIDNIGHT + 6 * QUARTER, "missing", "silent", 3),
        (MIDNIGHT + 6 * QUARTER, MIDNIGHT + 8 * QUARTER, "present", "", 2),
    ]
    lost = as_it_stands(found[2], NEXT_YEAR)
    assert (lost.state, lost.cause) == ("lost", "silent")
    assert as_it_stands(found[2], NEXT_DAY) == found[2]
    assert as_it_stands(found[0], NEXT_YEAR) == found[0]


@settings(max_examples=250, deadline=None)
@given(st.sets(st.integers(0, 95)), st.sets(st.integers(0, 95)))
def test_every_expected_period_lies_in_exactly_one_stretch(periods: set[int], having: set[int]) -> None:
    expected = [MIDNIGHT + n * QUARTER for n in periods]
    found = stretches(gap_ledger(expected, [row(n) for n in having], {}, NEXT_DAY))
    starts = [each.start + n * QUARTER for each in found for n in range(each.periods)]
    assert starts == sorted(expected)
    assert all(each.until == each.start + each.periods * QUARTER for each in found)
    assert all(a.until < b.start or (a.state, a.cause) != (b.state, b.cause) for a, b in pairwise(found))


def test_a_period_is_as_late_as_the_last_message_it_needed() -> None:
    def sample(minute: int, delay: int) -> tuple[datetime, datetime]:
        time = MIDNIGHT + timedelta(minutes=minute)
        return time, time + timedelta(minutes=delay)

    assert arrivals([sample(m, 1) for m in range(0, 60, 5)], MIDNIGHT, NEXT_DAY) == {}
    late = arrivals([sample(0, 0), sample(20, 40), sample(50, 1)], MIDNIGHT, NEXT_DAY)
    # Minute 20's message came at 1:00, 40 minutes late for the quarter-hour that it ends, and for its own.
    assert late[MIDNIGHT] == MIDNIGHT + timedelta(minutes=55)
    assert late[MIDNIGHT + QUARTER] == MIDNIGHT + timedelta(minutes=60)
    assert late[MIDNIGHT + 2 * QUARTER] == MIDNIGHT + timedelta(minutes=46)
    states = gap_ledger(sorted(late), [row(n) for n in range(4)], late, NEXT_DAY)
    assert [entry.state for entry in states] == ["late", "late", "present", "present"]
