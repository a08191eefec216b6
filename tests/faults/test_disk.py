"""A full disk: each part says so, nothing that was acknowledged is lost, and all goes on when there is room again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conf import Settings
from stack.process import Place, Service, spawn
from stack.services import environment
from tests.support.faults.audit import audit, audit_devices
from tests.support.faults.kills import BACK_WITHIN, is_fresh
from tests.support.faults.load import until
from tests.support.faults.night import SHORT, SOLERA, Night, audit_batch, night
from tests.support.faults.world import World, world

SERVERS_MB, GATEWAY_MB = 1500, 6
OWN_DISKS = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def may_mount() -> bool:
    """Whether this user may have disks that only its own processes see."""
    tried = (*OWN_DISKS, "mount -t tmpfs -o size=1m tmpfs /tmp")
    return shutil.which("unshare") is not None and subprocess.run(tried, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not may_mount(), reason="small disks need unprivileged user namespaces")


def start_watch(settings: Settings) -> None:
    """The watch, and so all it starts, sees a small disk at the servers' data and a tiny one at the outbox."""
    mounts = []
    for name, megabytes in (("data", SERVERS_MB), ("gateway", GATEWAY_MB)):
        (settings.home / name).mkdir(parents=True)
        mounts.append(f"mount -t tmpfs -o size={megabytes}m tmpfs '{settings.home / name}'")
    command = " && ".join([*mounts, f"exec {sys.executable} -m stack.watch"])
    watch = Service(
        name="watch", command=(*OWN_DISKS, command), ready=lambda: None, environment=environment(settings), grace=120
    )
    spawn(Place(settings.home), watch)


@pytest.fixture(scope="module")
def cramped(new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("disk"), new_ports(), 500.0, start_watch) as made:
        yield made


def seen(world: World, name: str) -> Path:
    """A path of the home as the watch sees it."""
    return Path(f"/proc/{world.pid('watch')}/root{world.settings.home}/{name}")


def fill(folder: Path, leave_bytes: int) -> Path:
    """Take all room but ``leave_bytes``."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - leave_bytes)
    return filler


def test_servers_and_gateway_on_full_disks(cramped: World) -> None:
    with cramped.load("full") as load:
        until("the first readings are served", lambda: is_fresh(cramped, load, 0, {}), BACK_WITHIN)
        night(SHORT)
        fillers = [fill(seen(cramped, "data"), 1_000_000), fill(seen(cramped, "gateway"), 200_000)]
        try:
            until("a server's end is put down to the disk", lambda: said(cramped, "is full"), BACK_WITHIN)
            until("the gateway says so too", lambda: "written" in outbox_error(cramped), BACK_WITHIN)
            failed = Night(SOLERA)
            failed.ends()
            assert "Traceback" not in "\n".join(failed.lines), "\n".join(failed.lines[-40:])
        finally:
            for filler in fillers:
                filler.unlink()
        number, handed = load.number, dict(cramped.devices.handed)
        until("fresh data again", lambda: is_fresh(cramped, load, number, handed), BACK_WITHIN)
        until("every server is well", lambda: healthy(cramped), BACK_WITHIN)
        with load.paused():
            night(SHORT)
            found = audit_batch(cramped, load)
            found.add(audit(cramped, load, 0))
            found.add(audit_devices(cramped))
    assert found.is_whole, found


def said(world: World, words: str) -> bool:
    log = world.place.log("watch").read_text()
    return words in log


def outbox_error(world: World) -> str:
    dependencies: list[dict[str, Any]] = (world.asked("/healthz") or {"dependencies": []})["dependencies"]
    return " ".join(each["detail"] for each in dependencies if each["name"] == "gateway")


def healthy(world: World) -> bool:
    time.sleep(1)
    answer = world.asked("/healthz")
    return answer is not None and set(answer["broken"]) <= {"thrift"}
