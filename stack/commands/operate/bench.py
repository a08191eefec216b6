"""``solera bench``: the measurements, each beside its peer in the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from conf.place import CONF_DIR

BENCH_DIR = CONF_DIR.parent / "bench"
FOLDERS = (".", "ingest", "money")
"""Folders of benchmarks; the others beside them hold their pieces."""


def bench(
    name: Annotated[str | None, typer.Argument(help="One benchmark; without it, all of them in turn.")] = None,
    cases: Annotated[list[str] | None, typer.Argument(help="Some of its cases; without them, all.")] = None,
) -> None:
    """Run the benchmarks of bench/ and print each figure beside its peer's and its bar.

    Example: solera bench forecast solar homes
    """
    known = {path.stem: path for folder in FOLDERS for path in (BENCH_DIR / folder).glob("[a-z]*.py")}
    if name is not None and name not in known:
        typer.secho(f"There is no benchmark {name!r}; there are: {', '.join(sorted(known))}.", err=True, fg="red")
        raise typer.Exit(2)
    failed = [each for each in ([name] if name else sorted(known)) if _ended_badly(known[each], cases or [])]
    if failed:
        typer.secho(f"Failed, or missed a bar: {', '.join(failed)}; what and why stands above.", err=True, fg="red")
        raise typer.Exit(1)


def _ended_badly(path: Path, cases: list[str]) -> bool:
    """A benchmark is a module of its folder, so that it can share the tests' worlds."""
    module = ".".join(path.relative_to(BENCH_DIR.parent).with_suffix("").parts)
    command = [sys.executable, "-m", module, *cases]
    return subprocess.run(command, cwd=BENCH_DIR.parent, check=False).returncode != 0  # noqa: S603
