"""kill -9 of the archive and of whole nights, under load, and what became of readings, energy and answers."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from energy.balance import installation_energy
from energy.limits import UNLIMITED
from ingest.publishing.bulk import publish_all
from ingest.publishing.message import Message
from tests.support.faults.audit import Found, audit
from tests.support.faults.kills import is_fresh
from tests.support.faults.load import FIRST_WH, Load, day, until
from tests.support.faults.night import SHORT, SOLERA, Night, Reader, audit_batch, night
from tests.support.faults.plan import Plan
from tests.support.faults.table import Outcome
from tests.support.faults.views import inverter
from tests.support.faults.world import World

FRESH_WITHIN = 60.0
RESTATED = "restated"
HOUR = timedelta(hours=1)
Say = Callable[[str], None]


def kill_archive(world: World, plan: Plan, say: Say = print) -> Outcome:
    """Kill the archive at random, as often as ``plan`` says; each time the next night goes on, and all is looked at."""
    chance = random.Random(f"{plan.seed} archive")
    outcome = Outcome("archive")
    with world.load("archive") as load:
        until("the first readings are served", lambda: is_fresh(world, load, 0, {}), FRESH_WITHIN)
        took = night(SHORT).seconds["archive"]
        since = 0
        while outcome.kills < plan.kills and (plan.has_time or not outcome.kills):
            made = Night(SHORT)
            made.hears("run ")
            time.sleep(chance.uniform(0, took))
            back = kill_and_await(world, load, made)
            with load.paused():
                if "archive" not in night(SHORT).seconds:
                    # It had ended before the kill: what came since is the next night's.
                    night(SHORT)
                found = audit_batch(world, load)
                found.add(audit(world, load, since))
                since = load.number
            note(outcome, found, back)
            say(sentence(outcome, "inside the archive", plan.kills))
    return outcome


def kill_nights(world: World, plan: Plan, say: Say = print) -> Outcome:
    """Kill one night inside and between its steps; the answers of the night before are served meanwhile."""
    chance = random.Random(f"{plan.seed} nightly")
    outcome = Outcome("nightly")
    world.register([RESTATED])
    send(world, steady())
    with world.load("nightly") as load:
        until("the first readings are served", lambda: is_fresh(world, load, 0, {}), FRESH_WITHIN)
        took = night().seconds
        steps = list(took)
        send(world, late())
        reader = Reader(world, energy_path())
        reader.start()
        for step, inside in moments(chance, steps, plan.night_kills):
            if not plan.has_time:
                break
            made = Night(SOLERA)
            wait_in(made, steps, step, inside, chance.uniform(0.05, 0.95) * took[step])
            back = kill_and_await(world, load, made)
            note(outcome, Found(), back)
            say(sentence(outcome, f"{'inside' if inside else 'after'} {step}", plan.night_kills))
        with load.paused():
            night()
            night()
            outcome.found.add(audit_batch(world, load))
            outcome.found.add(audit(world, load, 0))
        reader.stop()
    assert [energies(answer) for answer in reader.answers] == [expected(steady()), expected([*steady(), *late()])]
    say(f"a reader asked {reader.asked:,} times and saw the answer of the night before, then the new one, nothing else")
    return outcome


def moments(chance: random.Random, steps: Sequence[str], points: int) -> list[tuple[str, bool]]:
    """Where to kill, (step, inside or at its end) in the order of the night: all of them, and at random more inside.

    The end of the last step is the end of the night, where there is nothing to kill.
    """
    at = [(step, inside) for step in steps for inside in (True, False)][:-1]
    more = [(chance.choice(list(steps)), True) for _ in range(points - len(at))]
    return sorted(
        [*chance.sample(at, min(points, len(at))), *more], key=lambda each: (steps.index(each[0]), not each[1])
    )


def wait_in(made: Night, steps: Sequence[str], step: str, inside: bool, seconds: float) -> None:
    """Return ``seconds`` after ``step`` began, or as soon as it has ended."""
    if inside:
        before = steps.index(step) - 1
        made.hears(f"{steps[before]}:" if before >= 0 else "run ")
        time.sleep(seconds)
    else:
        made.hears(f"{step}:")


def kill_and_await(world: World, load: Load, made: Night) -> float:
    """Seconds from the kill until readings that were sent after it are served."""
    began, number, handed = time.monotonic(), load.number, dict(world.devices.handed)
    made.kill()
    until("fresh data after a night was killed", lambda: is_fresh(world, load, number, handed), FRESH_WITHIN, 0.1)
    return time.monotonic() - began


def note(outcome: Outcome, found: Found, back: float) -> None:
    """One more kill, and what it did."""
    outcome.kills += 1
    outcome.back_s.append(back)
    outcome.found.add(found)
    outcome.load = max(outcome.load, os.getloadavg()[0])


def sentence(outcome: Outcome, where: str, kills: int) -> str:
    """A line of progress."""
    found = outcome.found
    return (
        f"{outcome.part} killed {where}, {outcome.kills} of {kills}: fresh data after {outcome.back_s[-1]:.1f} s; "
        f"so far {found.lost} lost, {found.doubled} doubled, {found.error_kwh:.3f} kWh off; "
        f"load {os.getloadavg()[0]:.1f}"
    )


def steady() -> list[dict[str, Any]]:
    """A day of hourly readings at even power."""
    return [reading(day() + n * HOUR, 400.0 * n) for n in range(25)]


def late() -> list[dict[str, Any]]:
    """What comes after the first night: most was made early in each hour, so every quarter-hour's energy changes."""
    return [reading(day() + (n + 0.25) * HOUR, 400.0 * n + 350.0) for n in range(24)]


def reading(at: datetime, made_wh: float) -> dict[str, Any]:
    """A reading of the restated home."""
    return {
        "installation_id": RESTATED,
        "device_id": inverter(RESTATED),
        "device_kind": "inverter",
        "time": at,
        "energy_total_wh": FIRST_WH + made_wh,
    }


def send(world: World, readings: Sequence[dict[str, Any]]) -> None:
    """Publish them and wait for the broker."""
    texts = [json.dumps({**each, "time": each["time"].isoformat()}).encode() for each in readings]
    publish_all(world.settings, "readings", [Message("readings", RESTATED.encode(), text) for text in texts])


def energy_path() -> str:
    """The restated home's day at the API."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (
        f"/v1/installations/{RESTATED}/energy?quantity=generation"
        f"&from={day():{form}}&to={day() + timedelta(days=1):{form}}"
    )


def energies(values: Sequence[dict[str, Any]]) -> dict[datetime, float]:
    """Wh by start, of an answer."""
    return {datetime.fromisoformat(each["start"].replace("Z", "+00:00")): each["energy_wh"] for each in values}


def expected(readings: Sequence[dict[str, Any]]) -> dict[datetime, float]:
    """Wh by start, as the plain functions have it of the sorted readings."""
    ordered = sorted(readings, key=lambda each: each["time"])
    rows = installation_energy(ordered, day(), day() + timedelta(days=1), UNLIMITED)
    return {row.start.astimezone(timezone.utc): row.energy_wh for row in rows if row.quantity == "generation"}
