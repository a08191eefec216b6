"""An install without extras is a gateway's: it checks, polls, delivers; the rest names what to install."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from conf.lacking import lacking
from tests.support.peers.modbus_peer import INVERTER, Peer, listening, memory
from tests.support.servers import light
from tests.support.servers.push import push_server

CLI = ("-S", "-m", "stack.cli")
HEAVY = {"pyspark", "numpy", "pandas", "pyarrow", "cassandra-driver", "confluent-kafka", "fastapi", "paho-mqtt"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return light.environment(tmp_path_factory.mktemp("light") / "libraries")


def run(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def site(folder: Path, port: int) -> Path:
    connection = {"protocol": "sunspec-tcp", "host": "127.0.0.1", "port": port}
    device = {"device_id": "roof", "device_kind": "inverter", "connection": connection}
    file = folder / "site.yaml"
    file.write_text(yaml.safe_dump({"installation_id": "finca", "devices": [device]}))
    return file


def test_it_is_light() -> None:
    assert not HEAVY & light.libraries().keys()
    assert light.size_mb() < 40


def test_the_gateway_says_what_it_can_do(environment: dict[str, str]) -> None:
    said = run(environment, *CLI, "gateway", "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert "check" in said.stdout


def test_a_device_is_checked(environment: dict[str, str], tmp_path: Path) -> None:
    async def scenario() -> subprocess.CompletedProcess[str]:
        async with listening(Peer(memory(INVERTER))) as port:
            return await asyncio.to_thread(run, environment, *CLI, "gateway", "check", str(site(tmp_path, port)))

    said = asyncio.run(scenario())
    assert (said.returncode, said.stderr) == (0, "")
    assert "2,750.0 W" in said.stdout
    assert said.stdout.endswith("1 of 1 devices answer.\n")


def test_readings_of_a_device_are_delivered(environment: dict[str, str], tmp_path: Path) -> None:
    async def scenario() -> bytes:
        async with listening(Peer(memory(INVERTER))) as port:
            own = {
                "SOLERA_HOME": str(tmp_path / "edge"), "SOLERA_GATEWAY__SITE_FILE": str(site(tmp_path, port)),
                "SOLERA_GATEWAY__DELIVER_TO": server.address, "SOLERA_GATEWAY__TOKEN": server.token,
                "SOLERA_GATEWAY__POLL_SECONDS": "0.1",
            }  # fmt: skip
            command = [sys.executable, "-S", "-m", "ingest.gateway"]
            with subprocess.Popen(command, env=environment | own, stderr=subprocess.PIPE) as gateway:
                taken: list[bytes] = []
                for _ in range(600):
                    taken += [each.value for each in server.taken()]
                    if len(taken) > 2 or gateway.poll() is not None:
                        break
                    await asyncio.sleep(0.1)
                gateway.terminate()
                said = await asyncio.to_thread(gateway.communicate)
            assert len(taken) > 2, said
            return taken[0]

    with push_server(tmp_path / "server", ["finca"]) as server:
        assert json.loads(asyncio.run(scenario()))["ac_power_w"] == 2750.0


def test_a_site_is_simulated(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-u", *CLI, "gateway", "--simulate", str(site(tmp_path, 9))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as it:
        assert it.stdout is not None
        said = [next(it.stdout), next(it.stdout)]
        it.send_signal(signal.SIGINT)
        rest, _ = it.communicate(timeout=60)
    assert said[0] == "1 device(s) simulated on loopback; Ctrl-C ends it.\n"
    assert "finca/roof: inverter" in said[1]
    assert it.returncode == 0, rest


@pytest.mark.parametrize(
    "words",
    [
        (*CLI, "energy", "--installation", "finca"),
        (*CLI, "access", "add", "ana"),
        ("-S", "-m", "ingest.gateway"),
    ],
)
def test_what_it_leaves_out_says_what_to_install(
    environment: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = run(environment | {"SOLERA_HOME": str(tmp_path)}, *words)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.count("\n") == 1
    assert "pip install '.[platform]'" in said.stderr


def test_all_commands_are_listed_with_what_is_not_there(environment: dict[str, str]) -> None:
    said = run(environment, *CLI, "--help")
    assert (said.returncode, said.stderr) == (0, "")
    lines = {line.split()[1]: line for line in said.stdout.splitlines() if line.startswith("│ ") and line[2].isalpha()}
    assert "(not in this install)" in lines["energy"]
    assert "(not in this install)" not in lines["gateway"]
    assert ".[platform]" in run(environment, *CLI, "energy", "--help").stdout


def test_a_fault_of_soleras_own_is_no_matter_of_installing() -> None:
    assert lacking(ModuleNotFoundError("No module named 'ingest.nowhere'", name="ingest.nowhere")) is None
    assert lacking(ModuleNotFoundError("none", name=None)) is None
