"""``python -m tests.containers``: builds the images, starts docker-compose.yml, shows what it does, removes it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import datetime, timedelta, timezone

from tests.containers import bases, doors, kubernetes, people, troubles
from tests.containers.asking import PUSH, ask_everywhere, cql, rest, strangers_stay_out
from tests.containers.compose import ROOT, Compose, NotShown, expect, say, wait_for
from tests.containers.homes import HOMES, LIVE, STEP, Site, catalogue, readings
from tests.containers.notes import run_note

DAY = timedelta(days=1)
SEEN_SECONDS = 300.0
REPLAY = "cat > /tmp/readings.jsonl && solera replay /tmp/readings.jsonl"
"""Of docs/containers.md."""
FOLDER = ROOT / ".solera/containers"
"""Of this stack's secrets."""


def main() -> int:
    """Show everything; 0 where all of it happened. KEEP=1 leaves the stack running."""
    began = time.monotonic()
    images = {"PYTHON_IMAGE": bases.python_image()}
    compose = Compose(FOLDER, images)
    try:
        _show(compose, images)
    except NotShown as error:
        say(f"FAILED: {error}")
        return 1
    finally:
        if not os.environ.get("KEEP"):
            compose.call("down", "--volumes")
            shutil.rmtree(FOLDER)
    say(f"all of it was shown, in {(time.monotonic() - began) / 60:.0f} min with the images' building")
    return 0


def _show(compose: Compose, images: dict[str, str]) -> None:
    compose.make_secrets()
    compose.call("build", "kafka", seconds=3600)
    images["ZEPPELIN_IMAGE"] = bases.zeppelin_image()
    compose.name_image("ZEPPELIN_IMAGE", images["ZEPPELIN_IMAGE"])
    compose.call("build", "zeppelin", seconds=3600)
    kubernetes.build(images)
    began = time.monotonic()
    compose.call("up", "--detach", "--no-build")
    compose.await_health(*compose.services())
    say(f"up: {len(compose.services())} containers healthy after {time.monotonic() - began:.0f} s")
    doors.only_loopback_is_published(compose)
    token, analyst = compose.secret("token"), compose.secret("analyst")
    strangers_stay_out(token)
    doors.zeppelin_reaches_answers_alone(compose)
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    _bring(compose, token, today)
    member = people.give_one_home(compose)
    people.sees_one_home(member)
    doors.say_memory(compose)
    site = Site(PUSH, compose.run("push", "solera", "admit", LIVE).strip())
    site.start()
    _trouble(compose, token, analyst, today)
    site.end()
    _count(analyst, site)
    people.sees_one_home(member)
    people.take_back(compose, member)
    run_note(compose.secret("zeppelin"))


def _bring(compose: Compose, token: str, today: datetime) -> None:
    """Register the homes, send their readings, and run a night."""
    say(compose.run("batch", "solera", "register", "/dev/stdin", text=catalogue([*HOMES, LIVE])).strip())
    sent = readings(today - 2 * DAY, datetime.now(timezone.utc), HOMES)
    say(compose.run("gateway", "sh", "-c", REPLAY, text=sent).strip())
    yesterday = (today - DAY).date()
    took = wait_for("the readings are seen", SEEN_SECONDS, lambda: _is_seen(token, today))
    say(f"speed: yesterday's energy is whole {took:.0f} s after the readings")
    ask_everywhere(token, compose.secret("analyst"), yesterday, "speed")
    _bring_by_kubernetes(compose, today)


def _bring_by_kubernetes(compose: Compose, today: datetime) -> None:
    """Show that the jobs in Kubernetes' image take the place of compose's own."""
    compose.call("stop", "batch", "speed")
    kubernetes.run_night(compose, (today - DAY).date())
    ask_everywhere(compose.secret("token"), compose.secret("analyst"), (today - 2 * DAY).date(), "batch")
    with kubernetes.speed_layer(compose):
        now, home = datetime.now(timezone.utc), next(iter(HOMES))
        compose.run("gateway", "sh", "-c", REPLAY, text=readings(today - 2 * DAY, now, HOMES))
        newest = f"{today + (now - today) // STEP * STEP:%Y-%m-%dT%H:%M:%SZ}"
        took = wait_for("it is seen", SEEN_SECONDS, lambda: newest in _found(compose.secret("analyst"), home))
        say(f"the speed layer in Kubernetes' image: the reading of {newest} is seen {took:.0f} s later")
    compose.call("start", "batch", "speed")
    compose.await_health("batch", "speed")


def _is_seen(token: str, today: datetime) -> bool:
    span = {"from": (today - DAY).isoformat(), "to": today.isoformat(), "resolution": "day", "tz": "UTC"}
    found = [rest(token, f"installations/{home}/energy", quantity="import", **span)["values"] for home in HOMES]
    return all(values and values[0]["completeness"] == 1 for values in found)


def _trouble(compose: Compose, token: str, analyst: str, today: datetime) -> None:
    """Everything goes wrong, and every way answers as before."""
    runs = len(troubles.published(analyst))
    troubles.fail_night(compose)
    # While the failed night rests; a store killed while one is at work would fail it once more.
    troubles.restart_host(compose)
    ask_everywhere(token, analyst, (today - 2 * DAY).date(), "batch")
    troubles.await_retried_night(compose, analyst, runs)
    for service in compose.services():
        troubles.kill(compose, service)
    troubles.hang(compose, "thrift")
    ask_everywhere(token, analyst, (today - DAY).date(), "batch")
    doors.say_memory(compose)


def _count(analyst: str, site: Site) -> None:
    """Show that each reading that the site was told is taken is there."""
    wait_for("every pushed reading is found", SEEN_SECONDS, lambda: site.taken <= _found(analyst, LIVE))
    expect(
        len(site.taken) > 0,
        f"push: {len(site.taken)} readings taken through all of it, {site.refused} tries refused, 0 lost",
    )


def _found(analyst: str, home: str) -> set[str]:
    now = datetime.now(timezone.utc)
    with cql(analyst) as session:
        question = "SELECT time FROM reading_by_day WHERE installation_id = %s AND device_id = %s AND day = %s"
        return {
            f"{row.time:%Y-%m-%dT%H:%M:%SZ}"
            for day in (now - DAY, now)
            for row in session.execute(question, [home, f"{home}-inverter", day.date()])
        }


if __name__ == "__main__":
    sys.exit(main())
