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
