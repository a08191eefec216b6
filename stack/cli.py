"""``solera``: one function a command, each in its own file of ``stack/commands``."""

from __future__ import annotations

import importlib
from pathlib import Path

import typer

COMMANDS = Path(__file__).parent / "commands"

app = typer.Typer(
    name="solera",
    help="Solar self-consumption data: a lambda architecture on Kafka, Spark, Cassandra and HDFS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for path in sorted(COMMANDS.glob("[a-z]*.py")):
    module = importlib.import_module(f"stack.commands.{path.stem}")
    app.command(name=path.stem)(getattr(module, path.stem))

if __name__ == "__main__":
    app()
