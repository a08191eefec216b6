"""``solera status``: what runs, where, with how much memory."""

from __future__ import annotations

from collections import defaultdict

import psutil
from rich.console import Console
from rich.table import Table

from conf import load_settings
from stack.process import Place, ours
from stack.services import services
from stack.up import status as watched


def status() -> None:
    """Show each process of the stack: state, process id, memory in MB, ports, restarts.

    Example: solera status
    """
    settings = load_settings()
    place = Place(settings.home)
    states = watched(place).get("services", {})
    processes: dict[str, list[psutil.Process]] = defaultdict(list)
    for name, process in ours(place):
        processes[name].append(process)
    known = services(settings)
    table = Table("service", "state", "pid", "MB", "ports", "restarts", title=f"Solera in {settings.home}")
    total = 0.0
    for name in [*known, "watch"]:
        found = processes.get(name, [])
        memory = sum(process.memory_info().rss for process in found) / 2**20
        total += memory
        state = states.get(name, {})
        said = state.get("state", "running" if found else "stopped")
        ports = ", ".join(str(port) for port in known[name].ports.values()) if name in known else ""
        pid = str(found[0].pid) if found else ""
        table.add_row(name, said, pid, f"{memory:,.0f}" if found else "", ports, str(state.get("restarts", "")))
    table.caption = f"{total:,.0f} MB resident"
    Console().print(table)
