"""``solera down``: stops everything that ``solera up`` started."""

from __future__ import annotations

from rich.console import Console

from conf import load_settings
from stack.up import down as stop


def down() -> None:
    """Stop every process of this stack; the data stay. Example: solera down."""
    console = Console(stderr=True, highlight=False)
    with console.status("Stopping the stack"):
        ran = stop(load_settings())
    console.print(f"Stopped: {', '.join(sorted(ran))}." if ran else "Nothing was running.")
