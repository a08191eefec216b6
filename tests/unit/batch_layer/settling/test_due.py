"""What names the rules of a bill: what they say, not how their files are written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from batch_layer.settling.due import rules_key
from conf.tariffs import tariffs
from conf.tariffs.load import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_comment_or_another_words_for_the_source_change_nothing(folder: Path) -> None:
    for path in folder.glob("*.toml"):
        path.write_text(f"# Checked again.\n\n{path.read_text()}\n# No more.\n")
    change(folder / "2.0TD.toml", 'source = "', 'source = "The same: ')
    assert rules_key(tariffs(folder)) == rules_key(tariffs())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("2.0TD.toml", "23.324952", "23.324953"),
        ("regulated.toml", "9.011295", "9.011296"),
        ("taxes.toml", "from = 2021-06-26, until = 2022-07-01", "from = 2021-06-27, until = 2022-07-01"),
        ("taxes.toml", "up_to_kw = 10, percent = 5", "up_to_kw = 9, percent = 5"),
        ("taxes.toml", "percent = 5.11269632", "percent = 5.11"),
        ("periods.toml", "2021-06-01", "2021-06-02"),
    ],
)
def test_whatever_a_bill_rests_on_does(folder: Path, file: str, old: str, new: str) -> None:
    change(folder / file, old, new)
    assert rules_key(tariffs(folder)) != rules_key(tariffs())


def test_it_is_the_same_in_every_process() -> None:
    """Sets are in another order there."""
    asked = (
        "from batch_layer.settling.due import rules_key; from conf.tariffs import tariffs; print(rules_key(tariffs()))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", asked], env=os.environ | {"PYTHONHASHSEED": seed}, check=True,
            capture_output=True, text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert found == {rules_key(tariffs())}
