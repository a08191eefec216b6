"""What can be said of the notes without a server."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTES = sorted((Path(__file__).parents[2] / "notebooks").glob("*.zpln"))
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
    assert used == INTERPRETERS


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
