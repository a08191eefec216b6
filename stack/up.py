"""Bringing the stack of one machine up and down; both may be interrupted and called again."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from conf.settings import Settings
from serving_layer.access.token import token_of
from stack.downloads import jars, java
from stack.passwords import make_passwords
from stack.preflight import Unfit, check, check_python
from stack.process import Place, Service, leader, ours, spawn, stop
from stack.services import JOBS, OPTIONAL, SERVERS, environment, services
from stack.watch import wanted
from store.reports import replace_text

FAILURES = 2
"""Starts of one service that may fail before `up` gives up waiting for it."""
GROUPS = {"servers": SERVERS}
LOCKS = {"kafka": "kafka", "cassandra": "cassandra", "namenode": "hadoop", "datanode": "hadoop"}

Report = Callable[[dict[str, Any]], None]


def choose(names: Sequence[str]) -> list[str]:
    """Service names of what a person asked for: groups spelled out, nothing = everything but the optional.

    Raises :class:`Unfit` for a name that is none.
    """
    chosen = [each for name in names or ("servers", *JOBS) for each in GROUPS.get(name, (name,))]
    known = (*SERVERS, *JOBS, *OPTIONAL)
    for name in chosen:
        if name not in known:
            raise Unfit(f"There is no service {name!r}; there are: servers, {', '.join(known)}.")
    return chosen


def up(
    settings: Settings, names: Sequence[str] = (), console: Console | None = None, report: Report | None = None
) -> None:
    """Start the named services (see :func:`choose`) and wait until they serve.

    ``report`` is given each service's state as it changes. Raises :class:`Unfit` or ``NotDownloaded``.
    """
    console = console or Console(stderr=True)
    check_python()
    chosen = choose(names)
    java.have(settings, console)
    jars.fetch(settings, "spark", *sorted({LOCKS[name] for name in chosen if name in LOCKS}), console=console)
    make_passwords(settings)
    known = services(settings)
    starting = [known[name] for name in chosen if name in known]
    check(settings, starting)
    token_of(settings)
    place = Place(settings.home)
    place.run.mkdir(parents=True, exist_ok=True)
    # Whatever an older Solera left readable lies behind a closed door.
    settings.home.chmod(0o700)
    names = list(dict.fromkeys([*_wanted_now(place), *(s.name for s in starting)]))
    replace_text(place.run / "wanted.json", json.dumps(names))
    if leader(place, "watch") is None:
        spawn(place, _watch(settings))
    _follow(place, starting, report or (lambda _: None))


def _wanted_now(place: Place) -> list[str]:
    return wanted(place) if leader(place, "watch") else []


def _watch(settings: Settings) -> Service:
    return Service(
        name="watch",
        command=(sys.executable, "-m", "stack.watch"),
        ready=lambda: None,
        environment=environment(settings),
        grace=120,
    )


def _follow(place: Place, starting: list[Service], report: Report) -> None:
    end = time.monotonic() + sum(service.patience for service in starting)
    while True:
        states = status(settings_home=place).get("services", {})
        report({service.name: states.get(service.name, {}) for service in starting})
        if all(states.get(service.name, {}).get("state") == "ready" for service in starting):
            return
        for service in starting:
            state = states.get(service.name, {})
            if state.get("failures", 0) >= FAILURES:
                raise Unfit(_explain(place, service, state.get("error", "")))
        if leader(place, "watch") is None or time.monotonic() > end:
            raise Unfit(f"The stack did not come up: see {place.log('watch')}, then run `solera up` again.")
        time.sleep(0.2)


def _explain(place: Place, service: Service, error: str) -> str:
    log = place.log(service.name)
    return f"{service.name} does not start: it {error or 'died'}. Its last words are in {log}; `solera up` tries again."


def down(settings: Settings) -> list[str]:
    """Stop everything of this home; the names of what ran."""
    place = Place(settings.home)
    ran = list(dict.fromkeys(name for name, _ in ours(place)))
    (place.run / "wanted.json").unlink(missing_ok=True)
    stop(place, "watch", grace=120)
    for name in dict.fromkeys(name for name, _ in ours(place)):
        stop(place, name, grace=20)
    return ran


def status(settings_home: Place) -> dict[str, Any]:
    """The report that the watch last wrote: ``{"at": …, "services": {name: {state, pid, since, restarts, error}}}``."""
    try:
        found: dict[str, Any] = json.loads((settings_home.run / "status.json").read_text())
    except FileNotFoundError:
        return {}
    return found
