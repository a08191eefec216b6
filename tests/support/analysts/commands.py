"""The commands of ``solera`` as its own tree names them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import typer

from stack.cli import app
from stack.terminal import show


class Listed(NamedTuple):
    """A command that lists something."""

    function: Callable[..., Any]
    required: tuple[str, ...]
    """Its options that must be given, and its arguments, which stand without a name."""


def lists() -> dict[str, Listed]:
    """Every command that shows rows, by its words."""
    return dict(_below(typer.main.get_command(app), ()))


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Listed]]:
    for name, each in getattr(command, "commands", {}).items():
        yield from _below(each, (*words, name))
    function = None if hasattr(command, "commands") else inspect.unwrap(command.callback)
    if function is not None and function.__globals__.get("show") is show and "show(" in inspect.getsource(function):
        taken = (each for each in command.params if each.required)
        named = (each.opts[0] if each.param_type_name == "option" else "" for each in taken)
        yield " ".join(words), Listed(function, tuple(named))
