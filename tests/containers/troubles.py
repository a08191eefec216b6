"""What goes wrong on a host: a container is killed, the host starts anew, a night fails, a process hangs."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from tests.containers.asking import cql
from tests.containers.compose import PROJECT, Compose, NotShown, docker, expect, say, wait_for

KILL_ALL = ("sh", "-c", "kill -9 -1")
"""Every process of the container at once but its first, which ends with the last of them."""
HANG = """import os, psutil
for each in psutil.process_iter(["cmdline"]):
    if each.pid not in (1, os.getpid()) and "stack.foreground" not in " ".join(each.info["cmdline"] or ()):
        each.suspend()
"""
END_NIGHT = """import psutil
for each in psutil.process_iter(["cmdline"]):
    if "nightly" in (each.info["cmdline"] or ()):
        each.kill()
"""
"""A process that has ended, and is not yet taken note of, has no command line."""
NIGHT_SECONDS = 1800.0
RETRY_SECONDS = 15 * 60.0
"""How long a failed night rests (``batch_layer/schedule.py``)."""


def kill(compose: Compose, service: str) -> None:
    """Kill every process of the service's container and show that it comes back. Raises ``NotShown``."""
    _, since = compose.state(service)
    with contextlib.suppress(NotShown):  # the shell is killed with its container
        compose.run(service, *KILL_ALL, seconds=60)
    took = compose.await_restart(service, since)
    say(f"{service}: killed with kill -9, healthy again after {took:.0f} s")


def hang(compose: Compose, service: str) -> None:
    """Stop the service's process, not its container's first, and show that it is ended. Raises ``NotShown``."""
    _, since = compose.state(service)
    compose.run(service, "python", "-c", HANG, seconds=60)
    took = compose.await_restart(service, since, seconds=600)
    say(f"{service}: its process stood still, was ended, and is healthy again after {took:.0f} s")


def restart_host(compose: Compose) -> None:
    """``down`` and ``up`` with the volumes kept. Raises ``NotShown``."""
    before = volumes()
    compose.call("down")
    expect(volumes() == before and len(before) > 0, f"down: all containers gone, {len(before)} volumes kept")
    began = time.monotonic()
    compose.call("up", "--detach", "--no-build")
    compose.await_health(*compose.services())
    say(f"up again: everything healthy after {time.monotonic() - began:.0f} s")


def volumes() -> list[str]:
    """The project's volumes."""
    return docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").split()


def published(analyst: str) -> list[Any]:
    """The published runs, newest first."""
    with cql(analyst) as session:
        rows = session.execute("SELECT run_id, cut, published FROM run WHERE name = 'nightly'")
        return [row for row in rows if row.published]


def attempt(compose: Compose) -> dict[str, Any]:
    """The last night that was begun by itself; empty before the first."""
    read = "cat $SOLERA_HOME/run/nightly-attempt.json 2>/dev/null || true"
    found = compose.run("batch", "sh", "-c", read)
    return json.loads(found) if found.strip() else {}


def fail_night(compose: Compose) -> None:
    """Wait until the night begins by itself, and kill it at work. Raises ``NotShown``."""
    took = wait_for("the night begins by itself", 120, lambda: attempt(compose).get("tries") == 1)
    say(f"the night of today begins by itself {took:.0f} s later")
    time.sleep(20)
    compose.run("batch", "python", "-c", END_NIGHT, seconds=60)
    say("the night: killed at work with kill -9")


def await_retried_night(compose: Compose, analyst: str, runs: int) -> None:
    """Wait until the failed night has been tried again and is published. Raises ``NotShown``."""
    wait_for("the night is tried again", RETRY_SECONDS + 120, lambda: attempt(compose)["tries"] == 2)
    say("the night: tried again by itself")
    took = wait_for("the night is published", NIGHT_SECONDS, lambda: len(published(analyst)) > runs)
    say(f"the night: published {took:.0f} s later")
