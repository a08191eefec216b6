"""Every command that lists something, asked of the real servers: the table, CSV and JSON have the same rows."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from conf import Settings
from stack.cli import app
from stack.services import environment
from tests.support import serving_rows as rows
from tests.support.analysts.commands import lists

LISTS = lists()
ALSO = {"settlement": ("--installation",)}
"""Options without which a command asks for another."""
OF_FILES = {"bill", "community check", "community compare", "community propose", "community share", "score"}
"""They ask for files or a whole month of their own: the tests of bills, communities and scores try them."""


@pytest.fixture
def asked(served: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is given for an option or an argument that must be given."""
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    return {
        "--installation": rows.HOMES[0],
        "--quantity": "generation",
        "--from": "yesterday",
        "": rows.HOMES[0],
    }


@pytest.mark.parametrize("name", sorted(set(LISTS) - OF_FILES))
def test_a_list_has_the_same_rows_in_each_form(asked: dict[str, str], name: str) -> None:
    options = (*LISTS[name].required, *ALSO.get(name, ()))
    words = [*name.split(), *(word for option in options for word in (option, asked[option]) if word)]

    def say(form: str) -> str:
        said = CliRunner().invoke(app, [*words, "--format", form], env={"COLUMNS": "80"})
        assert said.exit_code == 0, said.output
        return said.stdout

    by_csv, by_json = list(csv.DictReader(io.StringIO(say("csv")))), json.loads(say("json"))
    assert len(by_csv) == len(by_json)
    assert all(set(line) <= set(row) or name == "state" for line, row in zip(by_csv, by_json, strict=True))
    assert say("table").count("\n") >= len(by_csv)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["state", "--installation", "valle-0"], "There is no installation 'valle-0'; there is valle-0"),
        (
            ["energy", "--installation", "valle-01", "--quantity", "imports", "--from", "today"],
            "Did you mean 'import'?",
        ),
        (["gaps", "--installation", "valle-01", "--from", "today", "--tz", "Europe/Madird"], "Europe/Madrid"),
        (["energy", "--installation", "valle-01", "--quantity", "import", "--from", "31/11/2026"], "is no day"),
    ],
)
def test_a_misspelt_word_gets_the_nearest(asked: dict[str, str], words: list[str], said: str) -> None:
    answer = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
    assert answer.exit_code != 0
    assert said in answer.output


@pytest.mark.parametrize("day", ["yesterday", "24/11/2026", "2026-11-24", "2026-11"])
def test_days_are_written_as_people_do(asked: dict[str, str], day: str) -> None:
    words = ["energy", "--installation", rows.HOMES[0], "--quantity", "import", "--from", day, "--format", "json"]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    json.loads(answer.stdout)
