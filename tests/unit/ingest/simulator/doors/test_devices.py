"""A simulated world read by the gateway over SunSpec and by the push server's client over MQTT, beside its truth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import yaml

from conf import Settings, load_settings
from energy.score import day_totals, holes
from ingest.catalogue.entries import parse_catalogue
from ingest.gateway.fleet import Fleet
from ingest.simulator import server
from ingest.simulator.clock import world_clock
from ingest.simulator.doors import mqtt, sunspec
from ingest.simulator.truth.known import computed, read_known
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.true_time import HEARD_AT, heard_at
from ingest.simulator.truth.world import FAULTS, Asked, read_world, received, write_world
from store.instants import instant_of
from tests.support.peers.modbus_device import free_port
from tests.support.peers.mosquitto import broker, program
from tests.unit.ingest.push.test_mqtt import following, records, until

SITES = [
    {"installation_id": "casa-1", "kind": "home", "capacity_kw": 4.0},
    {"installation_id": "finca-1", "kind": "farm", "capacity_kw": 60.0},
    {"installation_id": "parque-1", "kind": "park", "capacity_kw": 1000.0},
]
FINEST_W = {"casa": 1.0, "finc": 10.0, "parq": 100.0}
"""What 16 bits can tell of their powers."""
Readings = dict[str, list[dict[str, Any]]]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A day of each kind with every fault, every 15 minutes, up to today."""
    first = datetime.now(timezone.utc).date() - timedelta(days=1)
    write_world(parse_sites(SITES), Asked(first, 1, 900, 7), tmp_path / "world")
    return tmp_path / "world"


def by_device(world: Path) -> Readings:
    return {name: list(own) for name, own in groupby(received(world), itemgetter("device_id"))}


def scored(world: Path, readings: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many totals and holes there are, and those that are not as they truly were."""
    known = read_known(world)
    ordered = sorted(readings, key=itemgetter("installation_id", "device_id"))
    count, wrong = 0, []
    for installation, rows in computed(world, known, ordered):
        of = known[installation]
        totals, found = (
            list(day_totals(installation, rows, of.truth, of.misdated)),
            list(holes(of.losses, rows, of.truth)),
        )
        count += len(totals) + len(found)
        wrong += [f"{total}" for total in totals if total.is_outside]
        wrong += [f"{hole}" for hole in found if not (hole.is_found and hole.is_refilled)]
    return count, wrong


async def polled(settings: Settings, world: Path) -> list[dict[str, Any]]:
    """What the gateway's fleet reads of the world's devices until each has shown its last reading."""
    said, kept = by_device(world), []
    last = {
        f"{own[0]['installation_id']}/{name}": max(map(heard_at, own))
        for name, own in said.items()
        if own[0]["device_kind"] in sunspec.SHAPES
    }
    asked, _ = read_world(world)

    async def keep(reading: dict[str, Any]) -> None:
        kept.append(reading)

    running = await server.listen(sunspec.devices(said, lambda: asked.end), "127.0.0.1", settings.simulator.port)
    fleet = Fleet(settings, keep)
    assert await fleet.refresh()
    while not all(poller.last_time == last[name] for name, poller in fleet.pollers.items()):
        await asyncio.sleep(0.05)
    fleet.stop()
    await running.shutdown()  # type: ignore[no-untyped-call]
    return kept


def _spoken(world: Path) -> list[dict[str, Any]]:
    """What inverters and meters say and do not err in: a log is in order."""
    return [each for each in received(world) if each["device_kind"] in sunspec.SHAPES and HEARD_AT not in each]


def test_the_gateway_reads_every_reading_of_every_device_over_sunspec(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ENTRY_SECONDS", 0.0)
    plain, port = load_settings(home=tmp_path / "home"), free_port()
    _, entries = read_world(world)
    site = tmp_path / "catalogue.yaml"
    site.write_text(yaml.safe_dump(sunspec.catalogue(entries, by_device(world), ("127.0.0.1", port))))
    settings = plain.model_copy(
        update={
            "gateway": plain.gateway.model_copy(update={"site_file": str(site), "poll_seconds": 1.0}),
            "simulator": plain.simulator.model_copy(update={"port": port}),
        }
    )
    kept = asyncio.run(polled(settings, world))
    said = {(each["device_id"], each["time"]): each for each in _spoken(world)}
    read = {(each["device_id"], each["time"]): each for each in kept}
    assert len(kept) == len(read)
    assert read.keys() == said.keys()
    for name, own in read.items():
        for field, value in said[name].items():
            if field.endswith("_total_wh"):  # a register at 0 says that there is none
                assert own.get(field) == (round(value) or None), (name, field)
            elif field.endswith("_w"):
                assert own[field] == pytest.approx(value, abs=FINEST_W[name[0][:4]] / 2), (name, field)
    count, wrong = scored(world, kept)
    assert count > 12
    # A register that was reset shows nothing before it has counted: a fault that comes first makes that day a guess.
    reset = [each["device_id"] for each in json.loads((world / FAULTS).read_text()) if each["kind"] == "reset"]
    holes_there = [
        f"installation_id='{id_}', device_kind='{kind}'" for id_, _, kind in (r.rpartition("-") for r in reset)
    ]
    assert [each for each in wrong if not any(there in each for there in ("reset", *holes_there))] == []


@pytest.mark.skipif(program("mosquitto") is None, reason="mosquitto is not installed")
def test_the_push_server_takes_every_reading_of_every_device_by_mqtt(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.push.mqtt.GATHER_SECONDS", 0.1)
    said = by_device(world)
    (tmp_path / "broker").mkdir()
    with (
        broker(tmp_path / "broker") as at,
        following(at, tmp_path / "home", mqtt.rules(said)) as (_, outbox, settings),
    ):
        asked, _ = read_world(world)
        due = mqtt.arrivals(said)
        assert mqtt.publish(due, settings.mqtt, lambda: asked.end, Event()) == len(due)
        right = [each for each in received(world) if HEARD_AT not in each]
        expected = {(each["device_id"], each["time"]): _fields(each) for each in right}
        until(lambda: outbox.count >= len(expected), 60)
        kept = records(outbox)
    taken = {(each["device_id"], each["time"]): _fields(each) for each in kept}
    assert {name: taken[name] for name in expected} == expected
    count, wrong = scored(world, kept)
    assert count > 12
    assert wrong == []


def _fields(reading: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in reading.items() if name.endswith(("_w", "_wh"))}


def test_a_devices_log_reaches_up_to_now_and_readings_are_read_in_order_of_time(world: Path) -> None:
    due = mqtt.arrivals(by_device(world))
    asked, _ = read_world(world)
    noon = asked.start + timedelta(hours=12)
    assert [at for at, _ in due] == sorted(at for at, _ in due)
    assert all(heard_at(each) <= at for at, each in due)
    seconds = iter([0.0, 43200.0])
    now = world_clock(asked.start, asked.end, 1.0, lambda: next(seconds, 43200.0))
    assert now() == noon
    early = sunspec.Log(by_device(world)["casa-1-meter"], now)
    assert early.following(noon) == noon
    shown = early.begin
    while (then := early.following(shown)) != shown:
        shown = then
    assert noon - timedelta(hours=1) < shown <= noon


def test_a_worlds_clock_is_as_fast_as_set_and_stands_still_at_its_end() -> None:
    seconds = [100.0]
    begin = datetime.combine(date(2026, 6, 1), datetime.min.time(), timezone.utc)
    now = world_clock(begin, begin + timedelta(hours=2), 60.0, lambda: seconds[0])
    assert now() == begin
    seconds[0] += 60.0
    assert now() == begin + timedelta(hours=1)
    seconds[0] += 600.0
    assert now() == begin + timedelta(hours=2)


def test_more_devices_than_units_are_refused(world: Path) -> None:
    (reading, *_) = received(world)
    with pytest.raises(sunspec.TooManyDevices, match="248 devices"):
        sunspec.devices({f"{n}": [reading] for n in range(248)}, lambda: instant_of(reading["time"]))


def test_a_catalogue_of_the_world_keeps_what_was_asked_and_names_its_own_devices(world: Path) -> None:
    _, entries = read_world(world)
    listed = sunspec.catalogue(entries, by_device(world), ("127.0.0.1", 5020))
    assert [{**each, "devices": None} for each in listed] == [{**each, "devices": None} for each in SITES]
    devices = [device for each in parse_listed(listed) for device in each["devices"]]
    assert sorted(device["connection"]["unit"] for device in devices if device["connection"]) == [1, 2, 3, 4, 5, 6]
    assert [device["device_kind"] for device in devices if not device["connection"]] == ["weather_station"]


def parse_listed(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the catalogue's own reader takes it."""
    return [json.loads(entry.model_dump_json()) for entry in parse_catalogue(listed)]
