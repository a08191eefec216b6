"""``solera``: one function, or group of functions, a command, each in its own file below ``stack/commands``."""

from __future__ import annotations

import difflib
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from conf.lacking import NotInstalled, lacking
from conf.refusal import Refusal

COMMANDS = Path(__file__).parent / "commands"


CLOSED_PIPE = 128 + 13
"""Exit code of a command whose output nobody reads any more: what a shell gives for others that SIGPIPE has ended."""


class _Unread(BaseException):
    """Standard output has no reader any more. It passes those who go on after an error."""


class _Output(io.FileIO):
    """Standard output that tells its closed pipe from the lost connections that are errors, too."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            # What is still buffered has somewhere to go as the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            raise _Unread from None


class Commands(TyperGroup):
    """The commands; a person reads what they can put right as a sentence, without a stack trace."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run what the command line says; quietly end where the output is closed."""
        out = sys.stdout
        if out is sys.__stdout__ and out is not None:
            raw = _Output(out.fileno(), "w", closefd=False)
            sys.stdout = io.TextIOWrapper(
                io.BufferedWriter(raw), out.encoding, out.errors, line_buffering=out.line_buffering
            )
        try:
            return super().main(*args, **kwargs)
        except _Unread:
            sys.exit(CLOSED_PIPE)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command named on the command line."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            _say(str(refusal))
            raise typer.Exit(refusal.exit_code) from None
        except ModuleNotFoundError as error:
            left_out = lacking(error)
            if left_out is None:
                raise
            _say(str(left_out))
            raise typer.Exit(left_out.exit_code) from None
        except typer.BadParameter as error:
            error.message = _nearest(error.message)
            raise
        except ValidationError as error:
            _say(_settings_sentence(error))
            raise typer.Exit(1) from None


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(text, style="red")


def _nearest(message: str) -> str:
    """The refusal of a word that is none of an option's, with the nearest of them."""
    message = message.removeprefix("Value error, ")
    found = re.match(r"'(.*)' is not one of (.*)", message)
    near = found and difflib.get_close_matches(found[1].lower(), re.findall(r"'([^']*)'", found[2]), n=1)
    return f"{message} Did you mean {near[0]!r}?" if near else message


def _settings_sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    variable = "SOLERA_" + name.upper().replace(".", "__")
    return f"Setting {name} is {first.get('input')!r}: {first['msg']}; change it in the settings file or by {variable}."


app = typer.Typer(
    cls=Commands,
    name="solera",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"solera {metadata.version('solera')}")
        raise typer.Exit


@app.callback()
def _solera(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Solar self-consumption data: a lambda architecture on Kafka, Spark, Cassandra and HDFS."""


def _refused(refusal: NotInstalled) -> Callable[[], None]:
    """The command in place of one whose libraries are not here."""

    def refuse() -> None:
        raise refusal

    refuse.__doc__ = escape(str(refusal))
    return refuse


def _add(name: str, path: Path) -> None:
    """Add the command, or group of commands, that the module at ``path`` is."""
    try:
        found = getattr(importlib.import_module(f"stack.commands.{path.parent.name}.{path.stem}"), path.stem)
    except ModuleNotFoundError as error:
        refusal = lacking(error)
        if refusal is None:
            raise
        anything = {"allow_extra_args": True, "ignore_unknown_options": True}
        app.command(name=name, context_settings=anything, short_help="(not in this install)")(_refused(refusal))
        return
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name=name)(found)


def _asked(known: Iterable[str]) -> list[str]:
    """The command that is asked for, or those whose names a shell may mean: all together take seconds to import."""
    if "_SOLERA_COMPLETE" in os.environ:
        line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
        return [name for name in known if name.startswith(tuple(line.split()[1:2]))]
    return [name for name in known if name in sys.argv[1:2]]


# A command that is a word of Python's has a line behind its name: import_.py.
modules = {path.stem.rstrip("_"): path for path in sorted(COMMANDS.glob("*/[a-z]*.py"))}
for each in _asked(sorted(modules)) or sorted(modules):
    _add(each, modules[each])

if __name__ == "__main__":
    app()
