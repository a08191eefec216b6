"""Which measurements ``solera bench`` starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from stack.commands.operate import bench

SCRIPT = "import pathlib, sys; pathlib.Path(__file__ + '.ran').write_text(' '.join(sys.argv[1:]))"


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ([], {"one": "", "two": ""}),
        (["two"], {"two": ""}),
        (["one", "homes", "solar"], {"one": "homes solar"}),
        (["three"], {}),
    ],
)
def test_those_asked_for_run_with_their_cases(
    asked: list[str], ran: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ingest").mkdir()
    for name in ("one", "ingest/two", "_not_one"):
        (tmp_path / f"{name}.py").write_text(SCRIPT)
    monkeypatch.setattr(bench, "BENCH_DIR", tmp_path)
    app = Typer()
    app.command()(bench.bench)
    answer = CliRunner().invoke(app, asked)
    assert {path.name.split(".")[0]: path.read_text() for path in tmp_path.rglob("*.ran")} == ran
    assert answer.exit_code == (0 if ran else 2)
    assert ran or "there are: one, two" in answer.output
