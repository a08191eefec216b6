"""What can be said of the notes without a server."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from solera import notes

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NOTES = sorted(NOTEBOOKS.rglob("*.zpln"))
INTERPRETERS = {"%md", "%python", "%jdbc", "%cassandra"}


def paragraphs(note: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(note.read_text(encoding="utf-8"))["paragraphs"]
    return found


@pytest.fixture(params=NOTES, ids=lambda note: note.name)
def note(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_note_has_the_fields_zeppelin_reads(note: Path) -> None:
    content = json.loads(note.read_text(encoding="utf-8"))
    assert {"name", "id", "paragraphs", "config", "info"} <= set(content)


def test_every_paragraph_begins_with_its_interpreter(note: Path) -> None:
    used = {each["text"].split("\n", 1)[0] for each in paragraphs(note)}
    assert used <= INTERPRETERS
    assert "%md" in used


def test_no_result_is_kept_in_the_note(note: Path) -> None:
    assert not [each for each in paragraphs(note) if {"results", "status", "user"} & set(each)]


def test_python_is_python(note: Path) -> None:
    for each in paragraphs(note):
        interpreter, _, text = each["text"].partition("\n")
        if interpreter == "%python":
            ast.parse(text)


def test_no_address_or_secret_is_fixed_in_a_question(note: Path) -> None:
    for each in paragraphs(note):
        if each["text"].startswith(("%jdbc", "%cassandra")):
            assert "127.0.0.1" not in each["text"]
        assert not re.search("password=(?!token\\b)", each["text"].lower())


def test_the_notes_are_those_of_the_sources() -> None:
    written = {
        path: path.read_text(encoding="utf-8")
        for kind in ("zeppelin", "jupyter")
        for path in (NOTEBOOKS / kind).iterdir()
    }
    assert written == notes.made(NOTEBOOKS), "python -m solera.notes writes them anew"


SOURCE = """# %% [markdown]
# # A day
#
# Words.

# %% form
home = "casa"
days = 7

# %% prepare
import math

# %% What it is
first = math.pi
first + (
    1
)
"""


def test_a_cell_is_a_paragraph_of_zeppelin() -> None:
    texts = [each["text"] for each in notes.zeppelin("day", SOURCE)["paragraphs"]]
    assert texts[0] == "%md\n# A day\n\nWords."
    assert texts[2:] == [
        '%python\nhome = z.input("home", \'casa\')\ndays = z.input("days", 7)',
        "%python\nimport math",
        "%python\nfirst = math.pi\nshow(first + (\n    1\n))",
    ]


def test_a_cell_is_a_cell_of_jupyter_and_its_form_the_parameters() -> None:
    cells = notes.jupyter(SOURCE)["cells"]
    assert [each["cell_type"] for each in cells] == ["markdown", "code", "code", "code"]
    assert [each["metadata"] for each in cells] == [{}, {"tags": ["parameters"]}, {}, {}]
    assert cells[3]["source"] == "# What it is\nfirst = math.pi\nfirst + (\n    1\n)"
