"""Every command that lists something does so as a table, CSV and JSON, and names the nearest of a misspelt word."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from stack.cli import app
from tests.support.analysts.commands import Listed, lists

LISTS = lists()


def test_the_lists_are_found() -> None:
    assert {"energy", "alarms", "installations", "community share", "access list", "tariffs check"} <= set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_three_forms_and_a_help_with_an_example(name: str) -> None:
    said = CliRunner().invoke(app, [*name.split(), "-h"], env={"COLUMNS": "200"})
    assert said.exit_code == 0
    assert re.search(r"--format +<table\|csv\|json>", said.output), said.output
    assert f"Example: solera {name}" in re.sub(r"\s+", " ", said.output)


@pytest.mark.parametrize("name", LISTS)
def test_another_form_is_refused_with_the_nearest(name: str) -> None:
    said = CliRunner().invoke(app, [*name.split(), "--format", "jsn"], env={"COLUMNS": "300"})
    assert said.exit_code == 2
    assert "Did you mean 'json'?" in said.output
    assert "Value error" not in said.output


def test_a_list_is_what_it_takes() -> None:
    assert LISTS["energy"] == Listed(LISTS["energy"].function, ("--installation", "--quantity", "--from"))
