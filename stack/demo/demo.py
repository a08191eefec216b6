"""The main job on real input: 17 homes, their year, their night, their day, one merged answer.

A simulated home in Spain stands beside them, whose yesterday comes out of its registers. Every step goes through the
parts a real installation uses; only the devices, and Spain's services, are simulated, and they speak
SunSpec over Modbus TCP. Interrupted, it may be started again: what was published is not taken twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from batch_layer.schedule import STEPS
from conf import Settings
from ingest.catalogue.agreement import keep
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.backlog import publish_history
from ingest.simulator.citylearn import load_homes
from ingest.simulator.homes import COMMUNITY, Home, catalogue
from ingest.simulator.jerez import Jerez, entry, load_jerez
from ingest.sources.asking import KEY
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged, state
from stack.demo import spain
from stack.demo.money import equal_parts, last_month
from stack.demo.report import doors, report
from stack.preflight import Unfit
from stack.services import environment
from stack.up import up
from store import cassandra

HISTORY_DAYS = 365
CATCH_UP_SECONDS = 240.0
FRESH = timedelta(seconds=60)
"""Devices whose newest reading is younger than this have caught up with the day."""
PERIOD, DAY = timedelta(minutes=15), timedelta(days=1)


def demo(settings: Settings, console: Console) -> None:
    """Run the whole thread and print what it found. Raises :class:`Unfit` with what is in the way."""
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {text}")

    say("Reading the year of 17 real homes (CityLearn 1.8.0)")
    now = datetime.now(timezone.utc)
    cut = now.replace(hour=0, minute=0, second=0, microsecond=0)
    homes, jerez = _bring(settings, console, say, now, cut)
    say(f"Night: {', '.join(STEPS)}; beside it start API and page")
    night = _nightly(settings, cut)
    try:
        _up(settings, console, say, "api")
        night.wait()
    finally:
        night.terminate()
    if night.returncode:
        raise Unfit("The night did not finish (its reason stands above); `make demo` goes on where it stopped.")
    say("Day: devices on Modbus TCP, gateway, speed layer, SQL")
    # The night's memory is free by now: SQL beside it would be the most that the demo ever needs.
    _up(settings, console, say, "simulator", "gateway", "speed", "thrift")
    reader = Reader(settings)
    _await_today(reader, [*homes, jerez.home], console)
    say("Today has caught up; live from here on")
    console.print()
    report(reader, homes, jerez.home, cut, console)
    doors(settings, homes[0].installation_id, console)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s. The stack goes on: `make down` stops it.")


def _bring(
    settings: Settings, console: Console, say: Callable[[str], None], now: datetime, cut: datetime
) -> tuple[list[Home], Jerez]:
    """Start the servers and publish what the night is made of: the homes' year, and what Spain's home brings."""
    with ThreadPoolExecutor() as beside:
        # A device hands out its log entry by entry, which takes as long as the servers or the homes' year.
        spanish = beside.submit(load_jerez, settings.cache)
        yesterday = beside.submit(lambda: spain.registers(spanish.result().home, cut - DAY, cut))
        homes = load_homes(settings.cache)
        _up(settings, console, say, "servers")
        jerez = spanish.result()
        _register(settings, homes, jerez.home, cut)
        say(f"Registered {len(homes)} homes of one energy community and one in Spain, an inverter and a meter each")
        asked = beside.submit(spain.ask_services, settings, jerez, now)
        _publish(settings, homes, cut, console)
        say(f"Published their {HISTORY_DAYS} days up to {cut:%Y-%m-%d} 00:00 UTC to topic intervals")
        spain.publish(settings, yesterday.result())
        asked.result()
        say("Published the registers of Spain's home read of its devices yesterday, its weather, its prices")
    return homes, jerez


def _up(settings: Settings, console: Console, say: Callable[[str], None], *names: str) -> None:
    ready: set[str] = set()

    def serving(states: dict[str, dict[str, object]]) -> None:
        for name, each in states.items():
            if each.get("state") == "ready" and name not in ready:
                ready.add(name)
                say(f"{name} serves")

    up(settings, names, console, serving)


def _register(settings: Settings, homes: list[Home], spanish: Home, cut: datetime) -> None:
    """The homes and their community, that it shares in equal parts from its last whole month on, and Spain's home."""
    members = [home.installation_id for home in homes]
    host, port = settings.simulator.host, settings.simulator.port
    with cassandra.session(settings) as session:
        entries = parse_catalogue([*catalogue(homes, host, port), entry(spanish, host, port, len(homes) + 1)])
        write_catalogue(session, entries, datetime.now(timezone.utc))
        keep(session, COMMUNITY, COMMUNITY, equal_parts(members, last_month(cut)[0]), cut)


def _publish(settings: Settings, homes: list[Home], cut: datetime, console: Console) -> None:
    columns = (TextColumn("          "), BarColumn(), MofNCompleteColumn(), TextColumn("messages"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(homes) * HISTORY_DAYS * 24)
        publish_history(
            settings, homes, cut, HISTORY_DAYS, lambda acknowledged: progress.update(task, completed=acknowledged)
        )


def _nightly(settings: Settings, cut: datetime) -> subprocess.Popen[bytes]:
    """The night in a process of its own, so that its memory is free again for the day."""
    command = [sys.executable, "-m", "stack.cli", "nightly", "--date", f"{cut:%Y-%m-%d}"]
    # By a key of AEMET the night would ask for the weather of all Spain, for minutes.
    own = {name: value for name, value in os.environ.items() if name != KEY}
    return subprocess.Popen(command, env=own | environment(settings))  # noqa: S603


def _await_today(reader: Reader, homes: list[Home], console: Console) -> None:
    """Wait until every device's newest reading is fresh and the last whole quarter-hour is in the speed view."""
    end = time.monotonic() + CATCH_UP_SECONDS
    with console.status("today's readings arrive") as shown:
        while True:
            behind = _behind(reader, homes, datetime.now(timezone.utc))
            if not behind:
                return
            if time.monotonic() > end:
                raise Unfit(
                    f"After {CATCH_UP_SECONDS:.0f} s today's readings have not arrived: {behind}. "
                    "`solera status` names what is broken."
                )
            shown.update(f"today's readings arrive; {behind}")
            time.sleep(1)


def _behind(reader: Reader, homes: list[Home], now: datetime) -> str:
    """The text of what is still missing, '' when nothing is."""
    states = state.devices(reader, [home.installation_id for home in homes], now)
    times = {each["device_id"]: each["time"] for each in states}
    expected = {device_id for home in homes for device_id in (home.inverter_id, home.meter_id)}
    if silent := expected - times.keys():
        return f"{len(silent)} of {len(expected)} devices have not reported"
    oldest = min(times[device_id] for device_id in expected)
    if now - oldest > FRESH:
        return f"the day is at {oldest:%H:%M} UTC"
    last = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) - PERIOD
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    visible = merged.seen(reader)
    if last >= midnight:
        for each in (COMMUNITY, *(home.installation_id for home in homes)):
            values = merged.read(reader, each, "consumption", Span(last, last + PERIOD), visible)
            if not values or (values[0].completeness or 0) < 1:
                return f"the energy of {last:%H:%M} UTC is being made"
    return ""
