"""kill -9 of one part of a world at random moments, and what became of the readings."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import psutil

from tests.support.faults.audit import audit, audit_devices
from tests.support.faults.devices import FIRST_WH, STEP_WH
from tests.support.faults.load import Load, until
from tests.support.faults.plan import Plan
from tests.support.faults.table import Outcome
from tests.support.faults.views import Views, inverter
from tests.support.faults.world import World, pole

SERVICES = ("kafka", "cassandra", "speed", "gateway", "api")
BACK_WITHIN = 240.0
Say = Callable[[str], None]


def kill_service(world: World, part: str, plan: Plan, say: Say = print) -> Outcome:
    """Kill ``part`` as often as ``plan`` says; each time wait for fresh data, then audit all since the last kill."""
    chance = random.Random(f"{plan.seed} {part}")
    outcome = Outcome(part)
    with world.load(part) as load:
        until(f"the first readings of {part}'s load are served", lambda: is_fresh(world, load, 0, {}), BACK_WITHIN)
        since = 0
        while outcome.kills < plan.kills and (plan.has_time or not outcome.kills):
            time.sleep(chance.uniform(3, 12))
            back = kill_and_await(world, load, part, chance)
            outcome.back_s.append(back)
            outcome.load = max(outcome.load, os.getloadavg()[0])
            with load.paused():
                found = audit(world, load, since)
                since = load.number
            found.add(audit_devices(world))
            outcome.kills += 1
            outcome.found.add(found)
            say(
                f"{part} killed, {outcome.kills} of {plan.kills}: fresh again after {back:.1f} s; {found.lost} lost, "
                f"{found.doubled} doubled, {found.error_kwh:.3f} kWh off; load {os.getloadavg()[0]:.1f}"
            )
    return outcome


def kill_and_await(world: World, load: Load, part: str, chance: random.Random) -> float:
    """Seconds from the kill until readings that were sent after it are served."""
    process = psutil.Process(world.pid(part))
    if part == "speed" and chance.random() < 0.5:
        # The driver is two processes, Python's and the JVM: either may be the one that is killed.
        process = next(child for child in process.children(recursive=True) if child.name() == "java")
    began, number, handed = time.monotonic(), load.number, dict(world.devices.handed)
    os.kill(process.pid, signal.SIGKILL)
    until(f"fresh data after {part} was killed", lambda: is_fresh(world, load, number, handed), BACK_WITHIN, 0.1)
    return time.monotonic() - began


def is_fresh(world: World, load: Load, number: int, handed: dict[int, int]) -> bool:
    """Whether the API serves readings sent after ``number``, and of a device one read after ``handed``."""
    unit = world.units[0]
    return (
        served_wh(world, load.homes[0]) > FIRST_WH + STEP_WH * number
        and served_wh(world, pole(unit)) > FIRST_WH + STEP_WH * handed.get(unit, 0)
    )  # fmt: skip


def served_wh(world: Views, installation: str) -> float:
    """The register that the API tells of the installation's device; 0 where it tells none."""
    answer = world.asked(f"/v1/installations/{installation}/state")
    states = answer.get("devices", []) if answer else []
    return max((float(s["energy_total_wh"]) for s in states if s["device_id"] == inverter(installation)), default=0.0)
