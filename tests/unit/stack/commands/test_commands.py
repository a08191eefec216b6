"""What the commands that take data back or away ask and refuse before anything is started."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.cli import app

ROOT = Path(__file__).parents[4]


def test_another_name_than_the_one_to_be_forgotten_ends_it() -> None:
    said = CliRunner().invoke(app, ["forget", "home-1"], input="home-2\n")
    assert said.exit_code == 1
    assert "Type its id to go on" in said.output


@pytest.mark.parametrize("command", ["forget"])
def test_help_gives_an_example_and_the_docs_name_it(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    assert f"solera {command}" in re.sub(r"\s+", " ", said.output)
    assert f"`solera {command}" in (ROOT / "README.md").read_text()
