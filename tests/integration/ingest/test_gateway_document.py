"""docs/gateway.md, command by command: a light install from a fresh clone, a device checked and polled, an update.

What belongs to a Raspberry is put aside: ``sudo`` runs what follows it; ``apt-get``, ``systemctl`` and ``journalctl``
are noted. The folders of the machine lie below one of the test.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conf.place import ROOT
from tests.support.peers.modbus_peer import INVERTER, Peer, listening, memory, meter
from tests.support.servers.push import PushServer, push_server

DOCUMENT = (ROOT / "docs/gateway.md").read_text()
UNIT = (ROOT / "conf/systemd/solera-gateway.service").read_text()
NOTED = ("apt-get", "systemctl", "journalctl")
NO_REGISTRY = re.compile(
    "Could not find a version|No matching distribution|Connection|Temporary failure|timed out", re.I
)


def blocks(chapter: str, kind: str = "") -> list[str]:
    """The blocks of that kind in a chapter."""
    (text,) = re.findall(rf"^## {chapter}\n(.*?)(?=^## |\Z)", DOCUMENT, re.M | re.S)
    return [block for named, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) if named == kind]


def lines_of_unit(name: str) -> list[str]:
    """What the unit gives for ``name``."""
    return re.findall(f"^{name}=(.*)$", UNIT, re.M)


class Raspberry:
    """Folders and programs of a machine, below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root, self.noted = root, root / "noted"
        programs = root / "programs"
        programs.mkdir(parents=True)
        scripts = dict.fromkeys(NOTED, f'echo "$(basename "$0") $*" >> {self.noted}') | {"sudo": 'exec "$@"'}
        for name, script in scripts.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        python = Path(sys.executable).resolve()
        (programs / "python3").symlink_to(python)
        self.environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(root)}
        self.environment |= {
            name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_", "REQUESTS_"))
        }

    def here(self, text: str) -> str:
        """``text`` with the machine's folders below ``root``."""
        return re.sub(r"(?<![\w.])/(?=(opt|etc|var|run)/)", f"{self.root}/", text)

    def run(self, block: str, origin: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The commands of ``block`` in the person's folder, up to the first that fails."""
        script = self.here(block).replace("<this repository>", str(origin))
        return subprocess.run(
            ["bash", "-eu", "-c", script],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[str]]:
        """The unit's own lines, in the folders and with the environment that it gives."""
        (line,) = lines_of_unit("ExecStart")
        (file,) = lines_of_unit("EnvironmentFile")
        given = [*lines_of_unit("Environment"), *Path(self.here(file)).read_text().splitlines()]
        environment = self.environment | dict(self.here(each).split("=", 1) for each in given)
        (state,), (memory,) = lines_of_unit("StateDirectory"), lines_of_unit("RuntimeDirectory")
        Path(self.here(f"/var/lib/{state}")).mkdir(parents=True, exist_ok=True)
        runtime = Path(self.here(f"/run/{memory}"))
        runtime.mkdir(parents=True)
        (folder,) = lines_of_unit("WorkingDirectory")
        for before in lines_of_unit("ExecStartPre"):
            subprocess.run(self.here(before).split(), cwd=self.here(folder), check=True)
        with subprocess.Popen(
            self.here(line).split(), env=environment, cwd=self.here(folder), stderr=subprocess.PIPE, text=True
        ) as running:
            try:
                yield running
            finally:
                running.terminate()
        shutil.rmtree(runtime)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("origin") / "solera"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def raspberry(tmp_path_factory: pytest.TempPathFactory, origin: Path) -> Raspberry:
    made = Raspberry(tmp_path_factory.mktemp("raspberry") / "root")
    (install,) = blocks("Install")
    done = made.run(install, origin)
    if done.returncode and NO_REGISTRY.search(done.stderr):
        pytest.skip("the wheels of the light install can't be had here")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def device() -> Iterator[int]:
    """The port of an inverter with a meter, on this machine."""
    started, ended = threading.Event(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with listening(Peer(memory(INVERTER, meter(420)))) as port:
            ports.append(port)
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(20)
    yield ports[0]
    ended.set()
    thread.join(20)


@pytest.fixture(scope="module")
def written(raspberry: Raspberry, device: int) -> Raspberry:
    """The site's file and the environment, as a person writes them in the folder of the clone."""
    (site,) = blocks("The site's file", "yaml")
    (given,) = blocks("The site's file")
    here = site.replace("192.168.1.20", "127.0.0.1").replace("port: 502", f"port: {device}")
    (raspberry.root / "site.yaml").write_text(here)
    (raspberry.root / "gateway.env").write_text(raspberry.here(given) + "SOLERA_GATEWAY__POLL_SECONDS=0.2\n")
    return raspberry


def report(raspberry: Raspberry) -> dict[str, Any]:
    """What the service says of itself, by the page's own commands; none yet where it has not begun."""
    _, look = blocks("The service")
    looked = raspberry.run(look)
    return json.loads(looked.stdout) if looked.returncode == 0 else {"sent": 0}


def delivered(raspberry: Raspberry, server: PushServer) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The first readings that the service delivers to ``server`` over TLS, by its own certificate; its last report."""
    *_, trusted = blocks("The way there")
    file = Path(raspberry.here("/etc/solera/gateway.env"))
    kept = file.read_text()
    here = raspberry.here(trusted).replace("10.77.0.1:8001", f"127.0.0.1:{server.port}")
    file.write_text(f"{kept}{here}SOLERA_GATEWAY__TOKEN={server.token}\n")
    taken: list[dict[str, Any]] = []
    said = {"sent": 0}
    with raspberry.service() as running:
        for _ in range(240):
            taken += [json.loads(each.value) for each in server.taken()]
            said = report(raspberry)
            if (len(taken) > 3 and said["sent"]) or running.poll() is not None:
                break
            time.sleep(0.25)
    file.write_text(kept)
    assert len(taken) > 3, running.stderr and running.stderr.read()
    return taken, said


@contextmanager
def platform(raspberry: Raspberry) -> Iterator[PushServer]:
    """Its push server, with the certificate that the page makes."""
    (made,) = [block for block in blocks("The way there") if block.startswith("openssl")]
    done = raspberry.run(made.replace("10.77.0.1", "127.0.0.1"))
    assert done.returncode == 0, done.stderr
    shutil.copy(raspberry.root / "chain.pem", raspberry.here("/etc/solera"))
    tls = {"ssl_keyfile": str(raspberry.root / "key.pem"), "ssl_certfile": str(raspberry.root / "chain.pem")}
    with push_server(raspberry.root / "platform", ["finca-1"], tls=tls) as server:
        yield server


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_from_a_fresh_clone_to_readings_and_an_update(written: Raspberry, origin: Path) -> None:
    (check,) = blocks("Check")
    checked = written.run(check)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.splitlines()[-1] == "2 of 2 devices answer."
    begin, _ = blocks("The service")
    done = written.run(begin)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(Path(written.here("/etc/solera/gateway.env")).stat().st_mode) == 0o600
    assert Path(written.here("/etc/systemd/system/solera-gateway.service")).read_text() == UNIT
    card = Path(written.here("/var/lib/solera-gateway"))
    (card / "run").mkdir(parents=True)
    (card / "run" / "gateway.json").write_text("{}")  # as an older unit has left it
    with platform(written) as server:
        readings, said = delivered(written, server)
        assert {each["device_id"] for each in readings} == {"inverter-1", "meter-1"}
        assert next(each["ac_power_w"] for each in readings if each["device_kind"] == "inverter") == 2750.0
        assert said["sent"] > 0
        assert said["devices"].keys() == {"finca-1/inverter-1", "finca-1/meter-1"}
        updated(written, origin)
        assert delivered(written, server)[1]["sent"]
    assert (card / "run").readlink() == Path(written.here("/run/solera-gateway"))
    assert {each.relative_to(card).parts[0] for each in card.rglob("*") if each.is_file()} == {"gateway"}
    noted = written.noted.read_text().splitlines()
    assert "systemctl enable --now solera-gateway" in noted
    assert "systemctl restart solera-gateway" in noted
    assert {line.split()[0] for line in noted} == set(NOTED)


def updated(raspberry: Raspberry, origin: Path) -> None:
    """A change of the repository reaches the install by the commands of the page."""
    module = origin / "conf/lacking.py"
    module.write_text(module.read_text() + "NEWER = True\n")
    named = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *named, "-C", origin, "commit", "--quiet", "-am", "Newer"], check=True)
    (update,) = blocks("Update")
    done = raspberry.run(update)
    assert done.returncode == 0, done.stderr
    python = Path(raspberry.here("/opt/solera-gateway/bin/python"))
    subprocess.run([python, "-c", "from conf.lacking import NEWER"], check=True, cwd=raspberry.root)


def test_the_install_is_as_small_as_the_page_says(raspberry: Raspberry) -> None:
    folder = Path(raspberry.here("/opt/solera-gateway"))
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 80e6
