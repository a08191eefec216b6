"""Each fault changes what it is a fault of, in one stretch of one device, and says where; the same by the same seed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingest.simulator.truth.devices import readings
from ingest.simulator.truth.faults import clocks, panels
from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.faults.inject import KINDS, inject
from ingest.simulator.truth.faults.records import ABSURD
from ingest.simulator.truth.flows import Flows
from ingest.simulator.truth.known import accepted
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.true_time import HEARD_AT, Readings, heard_at
from store.instants import instant_of
from tests.unit.ingest.simulator.truth.test_sites import of_days

START = datetime(2026, 6, 10, tzinfo=timezone.utc)
MADRID = ZoneInfo("Europe/Madrid")
SEEDS = range(10)
ERRING = {"jitter", "clock drift", "wrong zone", "erroneous"}
SAID = {"installation_id": "casa", "device_id": "casa-meter", "device_kind": "meter", "time": "2026-06-10T12:00:00Z",
        "import_power_w": 500.0, "export_power_w": 0.0, "import_total_wh": 700.0, "export_total_wh": 90.0}  # fmt: skip


@cache
def home() -> Flows:
    return of_days(parse_sites({"installation_id": "casa", "kind": "home"})[0], START, 1)


def plain() -> dict[str, Readings]:
    return readings(home(), 300)


def faulty(kind: str, seed: int) -> tuple[Readings, Readings, Injected]:
    """The readings of the device that the fault is in, without it and with it, and what is told of it."""
    received, (put,) = inject(plain(), [kind], f"{seed}", MADRID)
    (name,) = (name for name in received if received[name] != plain()[name])
    assert (put.kind, put.device_id) == (kind, f"casa-{name}")
    return plain()[name], received[name], put


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_changes_the_readings_of_one_device_and_says_where(kind: str) -> None:
    for seed in SEEDS:
        before, after, put = faulty(kind, seed)
        changed = {heard_at(reading) for reading in before if reading not in after}
        changed |= {heard_at(reading) for reading in after if reading not in before}
        last = datetime.max.replace(tzinfo=timezone.utc) if kind == "reset" else instant_of(put.last)
        assert all(instant_of(put.first) <= time <= last for time in changed)
        assert bool(changed) is (kind not in ("repeated", "out of order"))
        # None of the readings is of another device, or was heard at another instant.
        assert {(r["device_id"], heard_at(r)) for r in after} <= {(r["device_id"], heard_at(r)) for r in before}
        assert any(HEARD_AT in r for r in after) is (kind in ERRING)
        assert after == faulty(kind, seed)[1]


def test_a_clock_errs_in_its_time_alone() -> None:
    for kind in ("jitter", "clock drift", "wrong zone"):
        for seed in SEEDS:
            before, after, _ = faulty(kind, seed)
            assert [r | {"time": r[HEARD_AT]} if HEARD_AT in r else r for r in after] == [
                r | ({HEARD_AT: r["time"]} if HEARD_AT in e else {}) for r, e in zip(before, after, strict=True)
            ]


def off_s(kind: str, seed: int) -> list[float]:
    """By how many seconds the clock of each reading errs that does."""
    return [(instant_of(r["time"]) - heard_at(r)).total_seconds() for r in faulty(kind, seed)[1] if HEARD_AT in r]


def test_clocks_tremble_drift_or_show_local_time() -> None:
    for seed in SEEDS:
        assert all(0 < abs(off) <= clocks.JITTER_S for off in off_s("jitter", seed))
        drifted = [abs(off) for off in off_s("clock drift", seed)]
        assert drifted == sorted(drifted)
        assert drifted[-1] <= clocks.DRIFT_S
        assert set(off_s("wrong zone", seed)) == {7200.0}


def test_a_wrong_zone_is_put_in_nowhere_where_clocks_show_utc() -> None:
    received, injected = inject(plain(), ["wrong zone"], "1", timezone.utc)
    assert (received, injected) == (plain(), [])


def test_what_lies_ahead_of_its_arrival_is_refused_as_both_layers_do() -> None:
    later = SAID | {"time": "2026-06-10T14:00:00Z", HEARD_AT: SAID["time"]}
    assert accepted(later) is None
    assert accepted(SAID | {HEARD_AT: "2026-06-10T12:30:00Z"}) is not None
    record = accepted(SAID)
    assert record is not None
    assert record["time"] == START + timedelta(hours=12)


@pytest.mark.parametrize("number", range(len(ABSURD)))
def test_each_absurd_record_is_refused_or_says_something_else_or_loses_a_side_field(number: int) -> None:
    absurd = ABSURD[number](SAID)
    is_beside = absurd.keys().isdisjoint(SAID)
    assert absurd.items() - SAID.items()
    assert (accepted({**SAID, HEARD_AT: SAID["time"], **absurd}) == accepted(SAID)) is is_beside


def test_dirt_and_a_dead_string_take_from_what_is_truly_generated() -> None:
    for seed in SEEDS:
        left, injected = panels.ail(home().generation, START, "casa-inverter", 4, f"{seed}")
        assert [each.kind for each in injected] == ["soiling", "dead string"]
        lost = home().generation - left
        assert (lost >= 0).all()
        assert lost.sum() / 60 == pytest.approx(sum(each.lost_wh for each in injected), abs=1)
        assert all(each.lost_wh > 0 for each in injected)
        for minute in np.flatnonzero(lost):
            at = START + timedelta(minutes=int(minute))
            assert any(instant_of(each.first) <= at <= instant_of(each.last) for each in injected)


def test_a_dead_string_takes_its_share_and_dirt_grows() -> None:
    sun = np.full(1440, 1_000, dtype=np.int64)
    apart = 0
    for seed in SEEDS:
        left, (soiling, dead) = panels.ail(sun, START, "casa-inverter", 4, f"{seed}")
        if _minute(soiling.first) <= _minute(dead.last) and _minute(dead.first) <= _minute(soiling.last):
            continue
        apart += 1
        lost = sun - left
        dirt = lost[_minute(soiling.first) : _minute(soiling.last) + 1]
        assert (np.diff(dirt) >= 0).all()
        assert 1_000 * panels.SOILED[0] - 1 <= dirt[-1] <= 1_000 * panels.SOILED[1] + 1
        assert (lost[_minute(dead.first) : _minute(dead.last) + 1] == 250).all()
    assert apart >= 3


def _minute(text: str) -> int:
    return int((instant_of(text) - START).total_seconds() // 60)
