"""docs/simulation.md: its commands are run as they stand, one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from conf.place import ROOT
from tests.support.peers.modbus_device import free_port
from tests.support.peers.mosquitto import broker, program

DOCUMENT = (ROOT / "docs/simulation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
DEFAULT_PORT = 5020
ASKED = """python - <<'END'
import os
from conf import load_settings
from ingest.sources.aemet.client import Aemet
from ingest.sources.aemet.weather import Municipality
from ingest.sources.datadis.account import account
from datetime import datetime, timedelta, timezone
from ingest.sources.prices import questions
settings = load_settings()
print([each.cups for each in account(settings).supplies(datetime.now(timezone.utc))])
print(len(Municipality(settings, Aemet(os.environ["AEMET_API_KEY"], settings.aemet.base), "28065").hourly(print)) >= 47)
for source in ("omie", "pvpc", "esios"):
    (question,) = questions(settings, source, [datetime.now(timezone.utc).date() - timedelta(days=7)])
    print(source, len(question.fetch(print)) >= 2 * 23)
END"""
"""By the clients of the services, as the environment leads them."""


def environment(home: Path) -> dict[str, str]:
    """`solera` on the path, and ports of its own."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    offset = str(free_port() - DEFAULT_PORT)
    return os.environ | {"PATH": path, "SOLERA_HOME": str(home), "SOLERA_PORT_OFFSET": offset}


def run(block: str, folder: Path, env: dict[str, str]) -> str:
    command = ["bash", "-euc", block]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def served(block: str, folder: Path, env: dict[str, str]) -> Iterator[list[str]]:
    """``block`` at work, and the sentences that it has said of its doors."""
    said = folder / "said"
    with said.open("w") as out:
        process = subprocess.Popen(["bash", "-euc", f"exec {block}"], cwd=folder, env=env, stdout=out, stderr=out)
    try:
        while "SunSpec:" not in said.read_text():
            assert process.poll() is None, said.read_text()
            time.sleep(0.1)
        yield said.read_text().splitlines()
    finally:
        process.terminate()
        assert process.wait(60) == 0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the document's first commands were run."""
    folder = tmp_path_factory.mktemp("document")
    # Whether a total of these very days is outside its bounds is not the page's matter.
    block = BLOCKS[0].replace("solera score world", "solera score world || true")
    assert "readings of 7 days" in run(block, folder, environment(folder / "home"))
    return folder


def test_the_commands_of_the_document_do_what_it_says(world: Path) -> None:
    env = environment(world / "home")
    _, serve, check = BLOCKS
    with served(serve, world, env) as said:
        assert any("9 devices" in line for line in said)
        assert "9 of 9 devices answer." in run(check, world, env)
        lead = re.search(r"`(set -a; \. world/settings.env)`", DOCUMENT)
        assert lead is not None
        answers = run(f"{lead[1]}\n{ASKED}", world, env).splitlines()
        assert answers == ["['ES0189000048220011CR0F']", "True", "omie True", "pvpc True", "esios True"]
    for name in re.findall(r"`(?:world/)?(\w+\.(?:yaml|json|parquet|jsonl\.gz|env))`", DOCUMENT):
        assert (world / "world" / name).is_file(), name


@pytest.mark.skipif(program("mosquitto") is None, reason="mosquitto is not installed")
def test_a_world_is_published_to_the_broker_that_the_settings_name(world: Path, tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with broker(tmp_path / "broker") as at:
        env = environment(tmp_path / "home") | {"SOLERA_MQTT__BROKER": f"127.0.0.1:{at.port}"}
        came: list[str] = []
        subscriber = Client(CallbackAPIVersion.VERSION2)
        subscriber.on_connect = lambda client, *_: client.subscribe("world/#", 1)
        subscriber.on_subscribe = lambda *_: came.append("subscribed")
        subscriber.on_message = lambda _client, _data, message: came.append(message.topic)
        subscriber.connect("127.0.0.1", at.port)
        subscriber.loop_start()
        until(lambda: came == ["subscribed"])
        with served(BLOCKS[1], world, env) as said:
            assert any(line.startswith("MQTT: 12 topics") for line in said)
            until(lambda: {"world/casa-1/casa-1-inverter", "world/casa-1/casa-1-meter"} <= set(came))
        subscriber.disconnect()
        subscriber.loop_stop()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
