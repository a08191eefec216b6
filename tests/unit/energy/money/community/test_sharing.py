"""Shares to the mWh: by constant and hourly coefficients, over joins and changes of the clock."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.calendar import local_day
from energy.money.community.agreement import ONE, AgreementError, NoCoefficients, Version, agreement
from energy.money.community.fairness import assigned_by
from energy.money.community.hours import RULES, hours_of, number_of
from energy.money.community.sharing import (
    GENERATION,
    USE,
    Estimated,
    Shared,
    as_windows,
    assign,
    share_community,
    share_hour,
)

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
HALVES = Version(date(2026, 1, 1), {"a": 500_000, "b": 500_000})


def test_parts_of_a_third_add_up() -> None:
    assert assign(10, {"a": 333_333, "b": 333_333, "c": 333_334}) == {"a": 3, "b": 3, "c": 4}
    assert assign(1, {"b": 500_000, "a": 500_000}) == {"b": 0, "a": 1}


def test_ten_thousand_communities_lose_no_mwh() -> None:
    """Each of 2 to 30 members in one hour: assigned adds up to what was generated, use and share to the mWh."""
    dice = random.Random(244)
    for _ in range(10_000):
        members = [f"m{n:02d}" for n in range(dice.randint(2, 30))]
        betas = dict.fromkeys(members, 0)
        for _ in range(20):
            betas[dice.choice(members)] += ONE // 20
        generated = dice.randrange(10**9)
        uses = {member: {NOON: dice.randrange(10**8)} for member in members}
        of = agreement([Version(date(2026, 1, 1), betas)], MADRID, "consecutive")
        shared = share_community({NOON: generated}, uses, of)
        assert sum(hours[NOON].assigned for hours in shared.values()) == generated
        for member, hours in shared.items():
            hour = hours[NOON]
            assert hour.self_consumed is not None
            assert hour.grid is not None
            assert hour.surplus is not None
            assert hour.self_consumed + hour.surplus == hour.assigned
            assert hour.self_consumed + hour.grid == uses[member][NOON]
            assert min(hour.assigned, hour.self_consumed) >= 0
            assert min(hour.surplus, hour.grid) == 0


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=5), st.lists(st.integers(0, 1000), min_size=1, max_size=30)
)
def test_many_hours_at_once_are_shared_as_each_alone(generation: list[int], weights: list[int]) -> None:
    total = sum(weights) or 1
    betas = [weight * ONE // total for weight in weights]
    betas[0] += ONE - sum(betas)
    members = [f"m{n:02d}" for n in range(len(betas))]
    at_once = assigned_by(np.array(generation, dtype=np.int64), np.array([betas], dtype=np.int64))
    for generated, row in zip(generation, at_once.tolist(), strict=True):
        parts = assign(generated, dict(zip(members, betas, strict=True)))
        assert [parts[member] for member in members] == row
        assert sum(row) == generated
        assert all(abs(part * ONE - generated * beta) < ONE for part, beta in zip(row, betas, strict=True))


@pytest.mark.parametrize(
    ("assigned", "used", "shared"),
    [
        (10, 4, Shared(10, 4, 6, 0)),
        (4, 10, Shared(4, 4, 0, 6)),
        (0, 0, Shared(0, 0, 0, 0)),
        (10, -3, Shared(10, 0, 10, 0)),
        (10, None, Shared(10, None, None, None)),
    ],
)
def test_an_hour_of_a_member(assigned: int, used: int | None, shared: Shared) -> None:
    assert share_hour(assigned, used) == shared


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 6, 1), 24)])
@pytest.mark.parametrize("rule", RULES)
def test_a_day_of_23_24_and_25_hours_is_shared_whole(day: date, hours: int, rule: str) -> None:
    start, end = local_day(day, MADRID)
    starts = [start + n * HOUR for n in range((end - start) // HOUR)]
    assert len(starts) == hours
    betas = {"a": [n % 3 * 100_000 for n in range(8760)]}
    betas["b"] = [ONE - beta for beta in betas["a"]]
    of = agreement([Version(date(2026, 1, 1), hourly={2026: betas})], MADRID, rule)  # type: ignore[arg-type]
    uses = {"a": dict.fromkeys(starts, 600), "b": dict.fromkeys(starts, 600)}
    shared = share_community(dict.fromkeys(starts, 1001), uses, of)
    assert sum(hour.assigned for of_member in shared.values() for hour in of_member.values()) == 1001 * hours


@pytest.mark.parametrize(
    ("instant", "consecutive", "clock"),
    [
        ("2026-01-01T00:00+01:00", 1, 1),
        ("2026-01-01T23:30+01:00", 24, 24),
        ("2026-03-29T01:00+01:00", 87 * 24 + 2, 87 * 24 + 2),
        ("2026-03-29T03:00+02:00", 87 * 24 + 3, 87 * 24 + 4),
        ("2026-07-01T00:00+02:00", 181 * 24, 181 * 24 + 1),
        ("2026-10-25T02:00+02:00", 297 * 24 + 2, 297 * 24 + 3),
        ("2026-10-25T02:00+01:00", 297 * 24 + 3, 297 * 24 + 3),
        ("2026-12-31T23:00+01:00", 8760, 8760),
        ("2028-12-31T23:00+01:00", 8784, 8784),
    ],
)
def test_hours_are_counted_by_a_named_rule(instant: str, consecutive: int, clock: int) -> None:
    at = datetime.fromisoformat(instant)
    assert number_of(at, MADRID, "consecutive") == (at.year, consecutive)
    assert number_of(at, MADRID, "clock") == (at.year, clock)
    assert max(consecutive, clock) <= hours_of(at.year)


def test_who_joins_has_a_share_from_the_activation_on() -> None:
    """c joins on 1 July, local: the hour before midnight is the former agreement's."""
    joined = Version(date(2026, 7, 1), {"a": 400_000, "b": 400_000, "c": 200_000})
    of = agreement([joined, HALVES], MADRID, "consecutive")
    midnight = datetime(2026, 6, 30, 22, tzinfo=timezone.utc)
    shared = share_community({midnight - HOUR: 1000, midnight: 1000}, {}, of)
    assert {member: [hour.assigned for hour in hours.values()] for member, hours in shared.items()} == {
        "a": [500, 400], "b": [500, 400], "c": [0, 200],
    }  # fmt: skip


def test_who_leaves_keeps_what_was_shared_before() -> None:
    of = agreement([HALVES, Version(date(2026, 5, 1), {"a": ONE})], MADRID, "consecutive")
    april, may = datetime(2026, 4, 30, 12, tzinfo=timezone.utc), datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
    shared = share_community({april: 1000, may: 1000}, {"b": {april: 200, may: 200}}, of)
    assert shared["b"] == {april: Shared(500, 200, 300, 0), may: Shared(0, 0, 0, 200)}


def test_who_does_not_share_yet_or_any_more_uses_the_grid_whether_generation_is_known_or_not() -> None:
    of = agreement([HALVES, Version(date(2026, 5, 1), {"a": ONE})], MADRID, "consecutive")
    before = datetime(2025, 12, 31, 12, tzinfo=timezone.utc)
    april, may = datetime(2026, 4, 30, 12, tzinfo=timezone.utc), datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
    uses = {member: dict.fromkeys((before, april, may), 200) for member in "ab"}
    shared = share_community({before: 1000}, uses, of)
    assert shared == {"a": {before: Shared(0, 0, 0, 200)}, "b": dict.fromkeys((before, may), Shared(0, 0, 0, 200))}


def test_hours_before_the_agreement_alone_are_refused() -> None:
    before = datetime(2025, 12, 31, 12, tzinfo=timezone.utc)
    of = agreement([HALVES], MADRID, "consecutive")
    with pytest.raises(NoCoefficients, match="the first begins on 2026-01-01"):
        share_community({before: 1000}, {}, of)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ([Version(date(2026, 1, 1), {"a": 999_999})], "add up to 0.999999, not to 1"),
        ([Version(date(2026, 1, 1), {"a": 1_000_001})], "add up to 1.000001"),
        ([Version(date(2026, 1, 1), {"a": 1_500_000, "b": -500_000})], "the coefficient of b is below 0"),
        ([HALVES, Version(date(2026, 4, 30), {"a": ONE})], "less than 4 months apart"),
        ([HALVES, HALVES], "less than 4 months apart"),
        ([Version(date(2026, 1, 1))], "needs constant coefficients, or those of each hour"),
        ([], "no version"),
        ([Version(date(2026, 1, 1), hourly={2026: {"a": [ONE] * 8759}})], "a has 8759 hours in 2026"),
        ([Version(date(2026, 1, 1), hourly={2028: {"a": [ONE] * 8760}})], "that year has 8784"),
        ([Version(date(2026, 1, 1), hourly={2026: {"a": [ONE] * 8759 + [ONE - 1]}})], "2026, hour 8760: .* 0.999999"),
        ([Version(date(2026, 1, 1), hourly={2026: {"a": [ONE] * 8760}, 2027: {"b": [ONE] * 8760}})],
         "b has no coefficients in 2026"),
    ],
)  # fmt: skip
def test_agreements_that_can_not_hold_are_refused(versions: list[Version], said: str) -> None:
    with pytest.raises(AgreementError, match=said):
        agreement(versions, MADRID, "consecutive")


def test_an_hour_before_the_agreement_or_without_its_years_file_is_refused() -> None:
    variable = agreement([Version(date(2026, 1, 1), hourly={2026: {"a": [ONE] * 8760}})], MADRID, "consecutive")
    with pytest.raises(NoCoefficients, match="the file of 2027 is missing"):
        variable.at(datetime(2027, 1, 1, 12, tzinfo=timezone.utc))
    with pytest.raises(NoCoefficients, match="no agreement holds on 2025-12-31"):
        variable.at(datetime(2025, 12, 31, 12, tzinfo=timezone.utc))


def test_an_hour_is_estimated_by_its_generation_or_by_the_members_own_use() -> None:
    """b has no part of the generation, so what is not known of it well is none of b's."""
    of = agreement([Version(date(2026, 1, 1), {"a": ONE, "b": 0})], MADRID, "consecutive")
    uses = {member: {NOON: 300, NOON + HOUR: 300} for member in "ab"}
    estimated = Estimated({NOON}, {"b": {NOON + HOUR}})
    shared = share_community({NOON: 1000, NOON + HOUR: 1000}, uses, of, estimated)
    assert {member: [hour.estimated for hour in hours.values()] for member, hours in shared.items()} == {
        "a": [GENERATION, 0], "b": [0, USE],
    }  # fmt: skip
    windows = as_windows([NOON, NOON + HOUR], shared["a"])
    assert [(net.surplus, net.is_measured) for net in windows] == [(700, False), (700, True)]


def test_an_hour_without_a_value_is_billed_as_not_known() -> None:
    shared = {NOON: Shared(10, 4, 6, 0), NOON + HOUR: share_hour(5, None)}
    found = as_windows([NOON, NOON + HOUR, NOON + 2 * HOUR], shared)
    assert [(net.grid, net.surplus, net.use, net.is_known) for net in found] == [
        (0, 6, 4, True), (0, 0, None, False), (0, 0, None, False),
    ]  # fmt: skip
