"""Detected faults, by the causes of values near them and by alarms in time, and false detections."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from energy.energy_row import QUARTER, EnergyRow
from ingest.simulator.truth.detected import ALARMS, Alarm, Detected, detected
from ingest.simulator.truth.faults import panels
from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.faults.inject import KINDS
from ingest.simulator.truth.forecast_score import forecast_score
from store.history.alarms import KINDS as ALARM_KINDS
from store.history.alarms import SILENT
from store.instants import rfc3339

NOON = datetime(2026, 6, 10, 12, tzinfo=timezone.utc)
DRIFT = "generation forecast drift"


def fault(kind: str, hours: float = 1.0, device: str = "casa-inverter") -> Injected:
    return Injected(kind, device, rfc3339(NOON), rfc3339(NOON + timedelta(hours=hours)), 7.0)


def rows(
    cause: str, at: datetime, quantity: str = "generation", method: str = "measured"
) -> dict[str, list[EnergyRow]]:
    """Four plain quarter-hours, and one that is named."""
    plain = [EnergyRow(quantity, NOON + n * QUARTER, 10.0) for n in range(4)]
    return {"casa": [*plain, EnergyRow(quantity, at, 10.0, 1.0, method, 0.0, 20.0, cause)]}


def of(kind: str, found: list[Detected]) -> Detected:
    return next(each for each in found if each.kind == kind)


@pytest.mark.parametrize(
    ("cause", "at", "quantity", "device", "is_told"),
    [
        ("stuck", NOON + QUARTER, "generation", "casa-inverter", True),
        ("stuck", NOON + timedelta(hours=1, minutes=45), "generation", "casa-inverter", True),
        ("stuck", NOON + timedelta(hours=3), "generation", "casa-inverter", False),
        ("stuck", NOON - timedelta(hours=2), "generation", "casa-inverter", False),
        ("stuck", NOON + QUARTER, "import", "casa-inverter", False),
        ("stuck", NOON + QUARTER, "import", "casa-meter", True),
        ("stuck", NOON + QUARTER, "generation", "casa-2-inverter", False),
    ],
)
def test_a_fault_is_told_by_a_value_of_its_device_near_it(
    cause: str, at: datetime, quantity: str, device: str, is_told: bool
) -> None:
    found = detected([fault("stuck", device=device)], rows(cause, at, quantity), [])
    assert (of("stuck", found).in_values, of("stuck", found).causes) == ((1, "stuck 1") if is_told else (0, ""))
    assert (of("none", found).in_values, of("none", found).causes) == ((0, "") if is_told else (1, "stuck 1"))


def test_a_value_that_is_spread_or_not_covered_tells_a_fault_too() -> None:
    assert of("lost", detected([fault("lost")], rows("", NOON + QUARTER, method="spread"), [])).in_values == 1
    bare = {"casa": [EnergyRow("generation", NOON, 0.0, 0.5)]}
    assert of("lost", detected([fault("lost")], bare, [])).in_values == 1


@pytest.mark.parametrize("kind", [*panels.KINDS, "repeated", "out of order"])
def test_faults_that_change_no_value_are_told_by_none(kind: str) -> None:
    found = detected([fault(kind)], rows("stuck", NOON + QUARTER), [])
    assert of(kind, found).in_values == 0


@pytest.mark.parametrize(
    ("kind", "alarm", "late_h"),
    [
        ("soiling", Alarm("casa", "", DRIFT, NOON + timedelta(days=2)), 48.0),
        ("dead string", Alarm("casa", "casa-inverter", DRIFT, NOON + timedelta(hours=6)), 6.0),
        ("lost", Alarm("casa", "casa-inverter", SILENT, NOON), 0.0),
        ("lost", Alarm("casa", "casa-meter", SILENT, NOON), None),
        ("lost", Alarm("casa-2", "casa-inverter", SILENT, NOON), None),
        ("lost", Alarm("casa", "", DRIFT, NOON), None),
        ("stuck", Alarm("casa", "", DRIFT, NOON), None),
        ("soiling", Alarm("casa", "", DRIFT, NOON + timedelta(days=9)), None),
        ("soiling", Alarm("casa", "", DRIFT, NOON - timedelta(days=2)), None),
    ],
)
def test_an_alarm_tells_a_fault_of_its_kind_place_and_time_and_is_false_without_one(
    kind: str, alarm: Alarm, late_h: float | None
) -> None:
    found = detected([fault(kind)], {}, [alarm])
    assert (of(kind, found).by_alarm, of(kind, found).late_h) == ((0, None) if late_h is None else (1, late_h))
    assert of("none", found).by_alarm == (1 if late_h is None else 0)


def test_faults_and_alarms_are_named_as_they_are_elsewhere() -> None:
    assert ALARMS.keys() <= KINDS.keys() | panels.KINDS.keys()
    assert {kind for kinds in ALARMS.values() for kind in kinds} <= set(ALARM_KINDS)


def test_kinds_are_counted_apart_with_what_panels_lost() -> None:
    found = detected([fault("soiling"), fault("soiling"), fault("stuck")], {}, [])
    assert [(each.kind, each.put_in, each.lost_wh) for each in found] == [
        ("soiling", 2, 14.0),
        ("stuck", 1, 7.0),
        ("none", 0, 0.0),
    ]


def test_a_forecast_is_scored_by_the_hours_that_both_know() -> None:
    truth = {("generation", NOON + n * QUARTER): 25.0 for n in range(-96, 8)}
    truth |= {("generation", NOON + n * QUARTER): 50.0 for n in range(4, 8)}
    hours = {NOON: (80.0, 110.0, 130.0), NOON + timedelta(hours=1): (50.0, 170.0, 190.0)}
    later = {NOON + timedelta(hours=2): (0.0, 0.0, 0.0)}
    score = forecast_score("casa", "generation", hours | later, truth)
    assert score is not None
    assert (score.hours, score.mae_wh, score.naive_mae_wh, score.within) == (2, 20.0, 50.0, 0.5)
    # 0.1 * 20 + 0.5 * 10 + 0.1 * 30, and 0.1 * 150 + 0.5 * 30 + 0.9 * 10
    assert score.pinball_wh == pytest.approx((10.0 + 39.0) / 6)
    assert forecast_score("casa", "generation", later, truth) is None
    assert forecast_score("casa", "consumption", hours, truth) is None
