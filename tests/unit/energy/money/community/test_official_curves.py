"""Distributors' hourly shares: read to the instant, and compared under each rule of counting hours."""

from __future__ import annotations

import bz2
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from energy.money.community.agreement import ONE, Version, agreement
from energy.money.community.official_curves import SELF_CONSUMED, CurveFileError, best_rule, fits, read_curves

MADRID = ZoneInfo("Europe/Madrid")
A = "ES0021000000000001RK0F"
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def test_both_hours_of_the_autumn_night_are_known_by_their_season() -> None:
    lines = [
        f"{A};2026/10/25 02:00;1;0;10", f"{A};2026/10/25 03:00;1;0;20", f"{A};2026/10/25 03:00:00;0;0;30",
        f"{A};2026/10/25 04:00;0;0;40",
    ]  # fmt: skip
    for content in ("\r\n".join(lines).encode(), bz2.compress("\n".join(lines).encode("iso-8859-15"))):
        assert read_curves(content) == {
            A[:20]: {
                utc("2026-10-24T23:00"): 10_000, utc("2026-10-25T00:00"): 20_000, utc("2026-10-25T01:00"): 30_000,
                utc("2026-10-25T02:00"): 40_000,
            }
        }  # fmt: skip


def test_what_was_assigned_stands_in_the_column_of_export() -> None:
    assert read_curves(f"{A};2026-06-01 13:00;1;0;250;0;0;0;0;1;1;F1".encode()) == {
        A[:20]: {utc("2026-06-01T10:00"): 250_000}
    }


def test_the_last_hour_of_a_day_ends_at_24_or_at_0_and_a_mark_of_order_is_none() -> None:
    lines = f"\ufeff{A};2026/06/01 24:00;1;0;10;\n{A};2026/06/02 00:00:00;1;0;10;"
    assert read_curves(lines.encode()) == {A[:20]: {utc("2026-06-01T21:00"): 10_000}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{A};2026/06/01 13:00;1;0", "line 1 is none of A5D or B5D"),
        (f"{A};2026/06/01 13:00;2;0;1", "the season is '2'"),
        (f"{A};noon;1;0;1", "line 1 is none"),
        (f"{A};0001/01/01 00:00;1;0;1", "line 1 is none"),
        (f"{A};2026/06/01 25:00;1;0;1", "line 1 is none"),
        (f"{A};2026/06/01 13:00;1;0;half", "line 1 is none"),
        ("ES0021000000000001RA;2026/06/01 13:00;1;0;1", "is no CUPS"),
        (f"{A};2026/06/01 13:00;1;0;1\n{A};2026/06/01 13:00;1;0;2", "line 2 states another value"),
    ],
)
def test_lines_that_can_not_be_taken_are_named(text: str, said: str) -> None:
    with pytest.raises(CurveFileError, match=said):
        read_curves(text.encode())


@pytest.mark.parametrize("rule", ["consecutive", "clock"])
def test_the_rule_by_which_a_curve_was_made_is_found(rule: str) -> None:
    """In June the two rules are an hour apart: coefficients that change by the hour tell them apart."""
    betas = [100_000 + n * 37 % 800 * 1000 for n in range(8760)]
    hourly = {2026: {"a": betas, "b": [ONE - beta for beta in betas]}}
    version = Version(date(2026, 1, 1), hourly=hourly)
    starts = [utc("2026-06-01T00:00") + n * HOUR for n in range(240)]
    generation = dict.fromkeys(starts, 4_000_000)
    made = agreement([version], MADRID, rule)  # type: ignore[arg-type]
    official = {"a": {start: round(4_000_000 * made.at(start)["a"] / ONE / 1000) * 1000 for start in starts}}
    found = fits(official, generation, agreement([version], MADRID, "consecutive"))
    assert best_rule(found) == rule
    right = next(fit for fit in found if fit.rule == rule)
    assert (right.hours, right.differing) == (240, 0)
    assert right.implied == pytest.approx(sum(made.at(start)["a"] for start in starts) / 240, abs=100)
    # Another meter of the plant: 1 % more in every hour. No hour agrees, and the rule is still the nearer one.
    other = {"a": {start: mwh * 101 // 100 for start, mwh in official["a"].items()}}
    assert best_rule(fits(other, generation, agreement([version], MADRID, "consecutive"))) == rule


def test_constant_coefficients_fit_either_rule() -> None:
    starts = [utc("2026-06-01T00:00") + n * HOUR for n in range(24)]
    of = agreement([Version(date(2026, 1, 1), {"a": 250_000, "b": 750_000})], MADRID, "clock")
    found = fits({"a": dict.fromkeys(starts, 1_100_000)}, dict.fromkeys(starts, 4_000_000), of)
    assert best_rule(found) is None
    assert {(fit.differing, fit.official - fit.ours, fit.implied) for fit in found} == {(24, 2_400_000, 275_000)}


def test_what_was_self_consumed_stands_in_the_column_of_import_and_is_bounded_by_use() -> None:
    start = utc("2026-06-01T10:00")
    official = read_curves(f"{A};2026-06-01 13:00;1;250;0".encode(), SELF_CONSUMED)
    assert official == {A[:20]: {start: 250_000}}
    of = agreement([Version(date(2026, 1, 1), {"a": 250_000, "b": 750_000})], MADRID, "clock")
    for use, differing, ours in ((250_000, 0, 250_000), (9_000_000, 1, 1_000_000), (-5, 1, 0)):
        found = fits({"a": official[A[:20]]}, {start: 4_000_000}, of, {"a": {start: use, start + HOUR: 1}})
        assert {(fit.what, fit.hours, fit.differing, fit.ours, fit.implied) for fit in found} == {
            ("self-consumed", 1, differing, ours, None)
        }
