"""``solera bench``: the measurements, each beside its peer in the same run."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from conf.place import CONF_DIR

BENCH_DIR = CONF_DIR.parent / "bench"


def bench(
    name: Annotated[str | None, typer.Argument(help="One benchmark; without it, all of them in turn.")] = None,
    cases: Annotated[list[str] | None, typer.Argument(help="Some of its cases; without them, all.")] = None,
) -> None:
    """Run the benchmarks of bench/ and print each figure beside its peer's and its bar.

    Example: solera bench forecast solar homes
    """
    known = sorted(path.stem for path in BENCH_DIR.glob("[a-z]*.py"))
    if name is not None and name not in known:
        typer.secho(f"There is no benchmark {name!r}; there are: {', '.join(known)}.", err=True, fg="red")
        raise typer.Exit(2)
    failed = [each for each in ([name] if name else known) if _ended_badly(each, cases or [])]
    if failed:
        typer.secho(f"Failed, or missed a bar: {', '.join(failed)}; what and why stands above.", err=True, fg="red")
        raise typer.Exit(1)


def _ended_badly(name: str, cases: list[str]) -> bool:
    """A benchmark is a module of its folder, so that it can share the tests' worlds."""
    command = [sys.executable, "-m", f"{BENCH_DIR.name}.{name}", *cases]
    return subprocess.run(command, cwd=BENCH_DIR.parent, check=False).returncode != 0  # noqa: S603
