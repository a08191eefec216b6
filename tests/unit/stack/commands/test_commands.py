"""What the commands that take data back or away ask and refuse before anything is started."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.cli import app
from stack.commands.operate.backup import make_own, uri

ROOT = Path(__file__).parents[4]


def test_another_name_than_the_one_to_be_forgotten_ends_it() -> None:
    said = CliRunner().invoke(app, ["forget", "home-1"], input="home-2\n")
    assert said.exit_code == 1
    assert "Type its id to go on" in said.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["retract", "a", "--from", "2026-11-03", "--to", "2026-11-03"], "--to must come after"),
        (["retract", "a", "--from", "2026-11-03T25:00", "--to", "2026-11-04"], "is no time"),
        (["retract", "a", "--from", "2026-11-03", "--to", "2026-11-04", "--topic", "weather"], "intervals"),
    ],
)
def test_a_time_or_topic_that_is_none_is_refused(arguments: list[str], words: str) -> None:
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code != 0
    assert words in said.output + str(said.exception)


@pytest.mark.parametrize("command", ["forget", "retract", "backup", "restore"])
def test_help_gives_an_example_and_the_docs_name_it(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    assert f"solera {command}" in re.sub(r"\s+", " ", said.output)
    assert f"`solera {command}" in (ROOT / "README.md").read_text()


def test_a_folder_of_this_machine_is_its_owners_alone(tmp_path: Path) -> None:
    target = uri(str(tmp_path / "new" / "my backup"))
    assert target == f"file://{tmp_path}/new/my backup"
    assert not (tmp_path / "new").exists()
    make_own(target)
    assert (tmp_path / "new" / "my backup").stat().st_mode & 0o777 == 0o700
    assert uri("hdfs://elsewhere:8020/backups/1/") == "hdfs://elsewhere:8020/backups/1"
