"""``solera demo``: the main job on real input, end to end."""

from __future__ import annotations

import typer
from rich.console import Console

from conf import load_settings
from stack.demo.demo import demo as run


def demo() -> None:
    """Start the stack, run a year and a day of 17 real homes through it, and print what came out.

    About six minutes. The stack is left running; `solera down` stops it. Example: solera demo
    """
    console = Console(highlight=False)
    try:
        run(load_settings(), console)
    except KeyboardInterrupt:
        console.print("Interrupted. `make demo` goes on where it stopped; `make down` stops what runs.")
        raise typer.Exit(130) from None
