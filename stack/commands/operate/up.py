"""``solera up``: the stack of this machine, started and waited for."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Console

from conf import load_settings
from serving_layer.access.token import page_link
from stack.up import up as start


def up(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Start just this service, or 'servers'; may be given several times."),
    ] = None,
) -> None:
    """Start Kafka, Cassandra, HDFS, the speed job, the gateway, SQL and the API, and wait until they serve.

    What runs already is left as it is. Example: solera up --only servers
    """
    console = Console(stderr=True, highlight=False)
    began = time.monotonic()
    seen: dict[str, str] = {}

    def report(states: dict[str, Any]) -> None:
        for name, state in states.items():
            now = state.get("state", "waiting")
            if seen.get(name) != now and now in ("starting", "ready", "failed"):
                reason = f": {state['error']}" if now == "failed" else ""
                console.print(f"{time.monotonic() - began:5.1f} s  {name:<10} {now}{reason}")
            seen[name] = now

    settings = load_settings()
    try:
        start(settings, only or (), console, report)
        if "api" in seen:
            console.print(f"The page, for you alone: {page_link(settings)}", soft_wrap=True)
    except KeyboardInterrupt:
        console.print("Interrupted; what has started goes on. `solera up` again waits for it, `solera down` stops it.")
        raise typer.Exit(130) from None
