"""What `solera status` says of a home in which nothing runs; tests/integration asks one in which everything does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.cli import app


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")


def test_the_status_says_how_to_start_it() -> None:
    said = CliRunner().invoke(app, ["status"])
    assert said.exit_code == 0
    assert "Nothing runs in" in said.output
    assert "`solera up` starts it" in said.output


def test_a_program_reads_an_object(tmp_path: Path) -> None:
    said = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)
    assert said["home"] == str(tmp_path)
    assert (said["services"], said["topics"], said["reason"], said["watched"]) == ([], [], "", False)
    assert said["page"].startswith("http://127.0.0.1:")
