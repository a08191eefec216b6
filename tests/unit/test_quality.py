"""Style, types and the import rule are part of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("conf", "energy", "store", "ingest", "speed_layer", "batch_layer", "serving_layer", "solera", "stack")
BESIDE = ("tests", "bench")
CHECKS = {
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", *PACKAGES, *BESIDE],
    "imports": ["lint-imports"],
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS.keys())
def test_quality(command: list[str]) -> None:
    if command[0] == "mypy" and sys.version_info < (3, 11):
        pytest.skip("the stubs of pandas that the types are checked against need Python 3.11")
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
