"""What a shell sees of ``solera``: its version, help, completion, and a status that goes on until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.cli import app

SOLERA = str(Path(sys.executable).with_name("solera"))


def test_the_version_is_that_of_the_package() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output) == (0, f"solera {metadata.version('solera')}\n")


@pytest.mark.parametrize("name", ["energy", "community", "up"])
def test_a_command_has_a_short_help(name: str) -> None:
    short, long = (CliRunner().invoke(app, [name, option]) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.output == long.output
    assert f"solera {name}" in short.output


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("solera ener", {"energy"}),
        ("solera st", {"state", "status"}),
        ("solera energy --resol", {"--resolution"}),
        ("solera energy --quantity i", {"import"}),
        ("solera community sh", {"share"}),
    ],
)
def test_tab_completes_commands_options_and_words(words: str, completed: set[str]) -> None:
    asked = {"_SOLERA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    said = subprocess.run([SOLERA], env=os.environ | asked, capture_output=True, text=True, check=True)
    assert set(said.stdout.split()) == completed


def test_status_goes_on_until_it_is_interrupted(tmp_path: Path) -> None:
    environment = os.environ | {"SOLERA_HOME": str(tmp_path)}
    command = [SOLERA, "status", "--json", "--watch"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        reports = [json.loads(watch.stdout.readline()) for _ in range(2)]
        watch.send_signal(signal.SIGINT)
        assert watch.wait(20) == 0
    assert [each["home"] for each in reports] == [str(tmp_path)] * 2


SITE = """
installation_id: finca-1
devices:
  - {device_id: inverter-1, device_kind: inverter, connection: {protocol: sunspec-tcp, host: 192.0.2.1}}
  - {device_id: meter-1, device_kind: meter, connection: {protocol: sunspec-tcp, host: 192.0.2.1, unit: 240}}
"""


@pytest.mark.parametrize(
    "words", ["--version", "-h", "tariffs check --format csv", "tariffs check", "gateway --simulate site.yaml"]
)
def test_a_command_whose_output_is_closed_ends_as_others_do(tmp_path: Path, words: str) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    read, written = os.pipe()
    os.close(read)
    environment = os.environ | {"SOLERA_HOME": str(tmp_path), "SOLERA_GATEWAY__POLL_SECONDS": "0.1"}
    try:
        ended = subprocess.run(
            [SOLERA, *words.split()], cwd=tmp_path, env=environment, stdout=written, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(written)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_simulation_whose_reader_has_enough_ends(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    environment = os.environ | {"SOLERA_HOME": str(tmp_path), "SOLERA_GATEWAY__POLL_SECONDS": "0.1"}
    command = [SOLERA, "gateway", "--simulate", "site.yaml"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as simulation:
        assert simulation.stdout is not None
        assert simulation.stderr is not None
        lines = [simulation.stdout.readline() for _ in range(2)]
        simulation.stdout.close()
        assert simulation.stderr.read() == ""
    assert simulation.returncode == 128 + signal.SIGPIPE
    assert "finca-1/" in lines[1]
