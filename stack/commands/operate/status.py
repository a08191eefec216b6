"""``solera status``: what runs, where, with how much memory, and how old its data are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from conf import Settings, load_settings
from conf.refusal import Refusal
from serving_layer.reader import Reader
from serving_layer.views.ledger import totals
from stack.process import Place, ours, resident
from stack.services import services
from stack.up import status as watched


def status() -> None:
    """Show each process of the stack (memory in MB) and the newest batch of each topic.

    Example: solera status
    """
    settings = load_settings()
    console = Console(highlight=False)
    place = Place(settings.home)
    processes: dict[str, list[psutil.Process]] = defaultdict(list)
    for name, process in ours(place):
        processes[name].append(process)
    if not processes:
        console.print(f"Nothing runs in {settings.home}: `solera up` starts it.")
        return
    states = watched(place).get("services", {})
    console.print(_table(settings, states, processes))
    console.print(_doors(settings))
    if "watch" not in processes:
        console.print("Nobody watches over these processes: `solera up` starts the watch again.", style="red")
    if states.get("cassandra", {}).get("state", "ready") == "ready":
        _say_ages(settings, console)


def _table(settings: Settings, states: Mapping[str, Any], processes: Mapping[str, Sequence[psutil.Process]]) -> Table:
    known = services(settings)
    table = Table("service", "state", "pid", "MB", "ports", "restarts", title=f"Solera in {settings.home}")
    total = 0.0
    for name in dict.fromkeys([*known, *processes]):
        found = processes.get(name, [])
        memory = sum(map(resident, found)) / 2**20
        total += memory
        state = states.get(name, {})
        ports = ", ".join(str(port) for port in known[name].ports.values()) if name in known else ""
        table.add_row(
            name,
            state.get("state", "running" if found else "stopped"),
            str(found[0].pid) if found else "",
            f"{memory:,.0f}" if found else "",
            ports,
            str(state.get("restarts", "")),
        )
    table.caption = f"{total:,.0f} MB resident"
    return table


def _doors(settings: Settings) -> str:
    """Where people and programs ask, and where the token is that lets them in."""
    api, sql = settings.api, settings.thrift
    return (
        f"Page and REST http://{api.host}:{api.port}; SQL jdbc:hive2://{sql.host}:{sql.port}/solera, user solera. "
        f"The token for all three is in {settings.home / 'token'}."
    )


def _say_ages(settings: Settings, console: Console) -> None:
    try:
        reader = Reader(settings)
        rows = totals(reader)
    except Refusal as refusal:
        console.print(str(refusal), style="red")
        return
    now = datetime.now(timezone.utc)
    for row in rows:
        age = (now - row["written_at"]).total_seconds()
        console.print(
            f"{row['topic']:<10} {row['layer']:<6} newest batch {age:,.0f} s ago, {row['received']:,} messages"
        )
    if not rows:
        console.print("No message has been taken yet.")
