"""The simulated devices: registers that are the integral of the homes' hours, clocks that catch up, no writing."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient

from ingest.devices import sunspec_models
from ingest.devices.device import Measurement
from ingest.devices.modbus import Link
from ingest.devices.register_map import RegisterMapConnection
from ingest.devices.registers import number
from ingest.devices.sunspec_models import LAYOUTS
from ingest.simulator import image
from ingest.simulator.__main__ import _remembered
from ingest.simulator.clock import LOG_STEP, WallSteps, first_instant, next_instant
from ingest.simulator.homes import CYCLE_HOURS, Home
from ingest.simulator.plant import Plant
from ingest.simulator.server import ENTRY_SECONDS, ShownDevice, devices, listen
from ingest.simulator.unset import POINTS, WORDS, unset
from tests.support.peers.modbus_device import free_port, sunspec

DEFINITIONS = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data")) / "api" / "sunspec"
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=timezone.utc)
seconds = st.integers(0, 86400).map(lambda s: MIDNIGHT + timedelta(seconds=s))


_HOURS = range(CYCLE_HOURS)
HOME = Home("home-1", "Home 1", 4.0, [n % 24 * 100_123 for n in _HOURS], [n * 7919 % 3_000_000 for n in _HOURS])
PLANT = Plant(HOME)


@given(st.integers(0, 8000))
def test_registers_between_hours_differ_by_the_hours_flows(hour: int) -> None:
    plant, start = PLANT, datetime(2026, 1, 1, tzinfo=timezone.utc) + hour * HOUR
    flows = plant.home.flows(start)
    before, after = plant.inverter(start), plant.inverter(start + HOUR)
    assert after["energy_total_wh"] - before["energy_total_wh"] == pytest.approx(flows.generation / 1000, abs=1e-6)
    before, after = plant.meter(start), plant.meter(start + HOUR)
    assert after["import_total_wh"] - before["import_total_wh"] == pytest.approx(flows.import_ / 1000, abs=1e-6)
    assert after["export_total_wh"] - before["export_total_wh"] == pytest.approx(flows.export / 1000, abs=1e-6)
    assert before["power_w"] == pytest.approx((flows.import_ - flows.export) / 1000)


@given(seconds)
def test_what_is_written_is_what_is_read(instant: datetime) -> None:
    plant = PLANT
    registers = image.blank(image.INVERTER, "UNIT-001")
    image.write(registers, image.INVERTER, instant, plant.inverter(instant))
    at = image.CLOCK_ADDRESS - image.BASE
    assert sunspec_models.clock(registers[at:]) == instant
    fields = sunspec_models.inverter(image.INVERTER.model, registers[image.MAIN_ADDRESS - image.BASE :])
    assert fields["energy_total_wh"] == pytest.approx(plant.inverter(instant)["energy_total_wh"], abs=0.00501)
    assert fields["ac_power_w"] == round(plant.inverter(instant)["ac_power_w"])
    assert sunspec_models.maker(registers[2:]) == ("Solera", "Simulated home", "UNIT-001")


@given(seconds, seconds)
def test_a_clock_behind_shows_every_step_and_never_goes_back(last: datetime, now: datetime) -> None:
    shown = next_instant(last, now)
    assert last <= shown <= max(last, now)
    if now - last >= LOG_STEP:
        assert shown.timestamp() % LOG_STEP.total_seconds() == 0
        assert shown - last <= LOG_STEP


def test_a_restarted_simulator_goes_on_where_it_was_but_not_before_today() -> None:
    now = MIDNIGHT + 10 * HOUR
    assert next_instant(first_instant(now, None), now) == MIDNIGHT
    assert first_instant(now, now - HOUR) == now - HOUR
    assert next_instant(first_instant(now, now - 72 * HOUR), now) == MIDNIGHT


def test_over_modbus_the_day_arrives_in_steps_then_live_and_nothing_can_be_written() -> None:
    async def scenario() -> None:
        port, now = free_port(), datetime.now(timezone.utc)
        shown = devices([HOME], now - 20 * timedelta(minutes=1))
        server = await listen(shown, "127.0.0.1", port)
        link = Link("127.0.0.1", port)
        inverter, meter = sunspec(link, 1, "inverter"), sunspec(link, 2, "meter")
        times = []
        for _ in range(6):
            times.append((await inverter.measure()).time)
            await asyncio.sleep(ENTRY_SECONDS)
        assert times[0] is not None
        assert times[-1] is not None
        steps = [t for t in times if t is not None and t.timestamp() % LOG_STEP.total_seconds() == 0]
        assert len(steps) >= 4
        assert times[-1] >= now.replace(microsecond=0)
        fields = (await meter.measure()).fields
        assert {"import_power_w", "export_power_w", "import_total_wh", "export_total_wh"} <= fields.keys()
        client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0)
        await client.connect()
        assert (await client.write_register(image.MAIN_ADDRESS + 14, 1, device_id=1)).isError()
        client.close()
        link.close()
        await server.shutdown()  # type: ignore[no-untyped-call]

    asyncio.run(scenario())


def test_reading_moves_nothing_and_two_masters_see_the_same_steps() -> None:
    async def scenario() -> None:
        port, now = free_port(), datetime.now(timezone.utc)
        server = await listen(devices([HOME], now - 90 * timedelta(minutes=1)), "127.0.0.1", port)
        links = [Link("127.0.0.1", port), Link("127.0.0.1", port)]
        seen: list[list[datetime]] = [[], []]

        async def watch(link: Link, times: list[datetime]) -> None:
            meter = sunspec(link, 2, "meter")
            while len(times) < 10:
                time = (await meter.measure()).time
                assert time is not None
                if not times or time != times[-1]:
                    times.append(time)

        await asyncio.gather(*(watch(link, times) for link, times in zip(links, seen, strict=True)))
        for times in seen:
            assert {later - earlier for earlier, later in pairwise(times)} == {LOG_STEP}
        for link in links:
            link.close()
        await server.shutdown()  # type: ignore[no-untyped-call]

    asyncio.run(scenario())


def test_the_simulated_inverter_gives_its_power_as_an_input_register_too() -> None:
    at = {"address": image.MAIN_ADDRESS + LAYOUTS[image.INVERTER.model]["ac_power_w"].offset, "type": "int16"}
    noon = MIDNIGHT + 12 * HOUR

    async def scenario(port: int) -> Measurement:
        described = {"protocol": "registers-tcp", "host": "127.0.0.1", "port": port, "registers": {"ac_power_w": at}}
        way = RegisterMapConnection.model_validate(described | {"function": 4})
        server = await listen([ShownDevice(1, image.INVERTER, PLANT.inverter, WallSteps(noon))], "127.0.0.1", port)
        link = Link("127.0.0.1", port)
        found = await way.open(link, "inverter").measure()
        link.close()
        await server.shutdown()  # type: ignore[no-untyped-call]
        return found

    power = asyncio.run(scenario(free_port())).fields["ac_power_w"]
    assert power in {round(hour / 1000) for hour in HOME.generation}


def test_two_reads_in_a_row_are_the_same() -> None:
    async def scenario() -> None:
        port, now = free_port(), datetime.now(timezone.utc)
        server = await listen(devices([HOME], now - 90 * timedelta(minutes=1)), "127.0.0.1", port)
        link = Link("127.0.0.1", port)
        address, count = image.CLOCK_ADDRESS, 100
        first = await link.read(1, address, count)
        assert await link.read(1, address, count) == first
        await asyncio.sleep(ENTRY_SECONDS * 1.5)
        assert await link.read(1, address, count) != first
        link.close()
        await server.shutdown()  # type: ignore[no-untyped-call]

    asyncio.run(scenario())


@pytest.mark.parametrize("model", sorted(POINTS))
def test_what_a_simulated_device_does_not_measure_is_not_implemented(model: int) -> None:
    path = DEFINITIONS / f"model_{model}.json"
    words = unset(model)
    assert len(words) == {103: 50, 122: 44, 203: 105}[model]
    for point in LAYOUTS.get(model, {}).values():
        assert number([model, len(words), *words], point.offset, point.kind) is None
    if path.exists():
        points = json.loads(path.read_text())["group"]["points"][2:]
        stated = [WORDS["string8" if point["type"] == "string" else point["type"]] for point in points]
        assert words == [word for one in stated for word in one]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"shown": 7}', b'{"shown": "x"}', b"\xff"])
def test_a_damaged_memory_of_the_clock_is_set_aside(tmp_path: Path, content: bytes) -> None:
    memory = tmp_path / "simulator.json"
    memory.write_bytes(content)
    assert _remembered(memory) is None
    assert not memory.exists()
    assert _remembered(memory) is None
