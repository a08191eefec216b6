"""``solera status``: what runs, where, with how much memory, and how old its data are."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timezone
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Table

from conf import Settings, load_settings
from conf.refusal import Refusal
from serving_layer.reader import Reader
from serving_layer.views.ledger import totals
from stack.process import Place, ours, resident
from stack.services import services
from stack.up import status as watched

WATCH_SECONDS = 2.0


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew every two seconds until Ctrl-C.")] = False,
) -> None:
    """Show each process of the stack (memory in MB) and the newest batch of each topic.

    Example: solera status --watch
    """
    settings, console = load_settings(), Console(highlight=False)
    if not watch:
        return _show(settings, console, as_json)
    with suppress(KeyboardInterrupt):
        while True:
            console.clear()
            _show(settings, console, as_json)
            time.sleep(WATCH_SECONDS)


def _show(settings: Settings, console: Console, as_json: bool) -> None:
    found = _status(settings)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        _say(found, console)


def _status(settings: Settings) -> dict[str, Any]:
    place = Place(settings.home)
    processes: dict[str, list[psutil.Process]] = defaultdict(list)
    for name, process in ours(place):
        processes[name].append(process)
    states = watched(place).get("services", {})
    known = services(settings)
    listed = []
    for name in dict.fromkeys([*known, *processes]) if processes else ():
        running = processes.get(name, [])
        state = states.get(name, {})
        listed.append(
            {
                "service": name,
                "state": state.get("state", "running" if running else "stopped"),
                "pid": running[0].pid if running else None,
                "memory_mb": round(sum(map(resident, running)) / 2**20, 1),
                "ports": list(known[name].ports.values()) if name in known else [],
                "restarts": state.get("restarts"),
            }
        )
    answers = bool(processes) and states.get("cassandra", {}).get("state", "ready") == "ready"
    topics, reason = _topics(settings) if answers else ([], "")
    return {
        "home": str(settings.home),
        "services": listed,
        "watched": "watch" in processes,
        "page": f"http://{settings.api.host}:{settings.api.port}",
        "sql": f"jdbc:hive2://{settings.thrift.host}:{settings.thrift.port}/solera",
        "token_file": str(settings.home / "token"),
        "topics": topics,
        "reason": reason,
    }


def _topics(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """The newest batch of each topic and layer (age in s), or why nobody can say."""
    try:
        reader = Reader(settings)
        try:
            rows = totals(reader)
        finally:
            reader.close()
    except Refusal as refusal:
        return [], str(refusal)
    now = datetime.now(timezone.utc)
    return [
        {
            "topic": row["topic"],
            "layer": row["layer"],
            "age_s": round((now - row["written_at"]).total_seconds(), 1),
            "received": row["received"],
        }
        for row in rows
    ], ""


def _say(found: dict[str, Any], console: Console) -> None:
    if not found["services"]:
        console.print(f"Nothing runs in {found['home']}: `solera up` starts it.")
        return
    console.print(_table(found))
    console.print(
        f"Page and REST {found['page']}; SQL {found['sql']}, user solera. "
        f"The token for all three is in {found['token_file']}."
    )
    if not found["watched"]:
        console.print("Nobody watches over these processes: `solera up` starts the watch again.", style="red")
    if found["reason"]:
        console.print(found["reason"], style="red")
    elif not found["topics"]:
        console.print("No message has been taken yet.")
    for row in found["topics"]:
        console.print(
            f"{row['topic']:<10} {row['layer']:<6} newest batch {row['age_s']:,.0f} s ago, {row['received']:,} messages"
        )


def _table(found: dict[str, Any]) -> Table:
    table = Table("service", "state", "pid", "MB", "ports", "restarts", title=f"Solera in {found['home']}")
    for each in found["services"]:
        table.add_row(
            each["service"],
            each["state"],
            "" if each["pid"] is None else str(each["pid"]),
            f"{each['memory_mb']:,.0f}" if each["pid"] else "",
            ", ".join(map(str, each["ports"])),
            "" if each["restarts"] is None else str(each["restarts"]),
        )
    table.caption = f"{sum(each['memory_mb'] for each in found['services']):,.0f} MB resident"
    return table
