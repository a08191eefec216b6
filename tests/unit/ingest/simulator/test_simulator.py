"""The simulated devices: registers that are the integral of the homes' hours, clocks that catch up, no writing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient

from ingest.devices import sunspec_models
from ingest.devices.modbus import Link
from ingest.simulator import image
from ingest.simulator.clock import LOG_STEP, first_instant, next_instant
from ingest.simulator.homes import CYCLE_HOURS, Home
from ingest.simulator.plant import Plant
from ingest.simulator.server import devices, listen
from tests.support.modbus_device import free_port, sunspec

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=timezone.utc)
seconds = st.integers(0, 86400).map(lambda s: MIDNIGHT + timedelta(seconds=s))


_HOURS = np.arange(CYCLE_HOURS, dtype=np.int64)
HOME = Home("home-1", "Home 1", 4.0, _HOURS % 24 * 100_123, (_HOURS * 7919) % 3_000_000)
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
    registers = image.blank(image.INVERTER, image.INVERTER_LENGTH, "UNIT-001")
    image.write(registers, image.INVERTER, instant, plant.inverter(instant))
    at = image.CLOCK_ADDRESS - image.BASE
    assert sunspec_models.clock(registers[at:]) == instant
    fields = sunspec_models.inverter(image.INVERTER, registers[image.MAIN_ADDRESS - image.BASE :])
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
        times = [(await inverter.measure()).time for _ in range(6)]
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
