"""The read-only client against real Modbus TCP servers: finding models, night, dropped links, changed layouts."""

from __future__ import annotations

import asyncio
import json

import pytest
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import WriteSingleRegisterRequest

from ingest.devices import device, modbus, sunspec_models
from ingest.devices.device import DeviceError, NothingMeasuredError
from ingest.devices.modbus import Link
from ingest.devices.registers import words
from tests.support.peers.modbus_device import free_port, serving, sunspec, sunspec_image
from tests.support.recorded import naming, recorded


def float_inverter(power_w: float) -> list[int]:
    registers = [113, 60] + [0x7FC0, 0] * 30
    registers[22:24], registers[32:34] = words(power_w, "float32"), words(1_000_000.0, "float32")
    registers[48] = 4
    return registers


def integer_inverter(power_w: int) -> list[int]:
    registers = [103, 50] + [0xFFFF] * 50
    registers[14], registers[15] = power_w, 0
    registers[24:27] = [*words(1_000_000, "acc32"), 0]
    registers[31] = 0x8000
    return registers


@pytest.mark.parametrize("base", sunspec_models.BASES)
@pytest.mark.parametrize("common_length", [65, 66])
def test_a_device_is_found_at_each_base_whatever_its_common_models_length(base: int, common_length: int) -> None:
    async def scenario() -> None:
        port = free_port()
        image = sunspec_image(float_inverter(1500.0), common_length=common_length)
        async with serving({1: (base, image)}, port):
            link = Link("127.0.0.1", port)
            measured = await sunspec(link, 1, "inverter").measure()
            assert measured.fields["ac_power_w"] == 1500.0
            assert measured.fields["energy_total_wh"] == 1_000_000.0
            assert measured.time is None
            link.close()

    asyncio.run(scenario())


def test_at_night_sentinels_are_no_reading_and_are_said() -> None:
    async def scenario() -> None:
        port = free_port()
        asleep = [103, 50] + [0xFFFF] * 50
        for signed in (14, 31):
            asleep[signed] = 0x8000
        asleep[24:26], asleep[38] = [0, 0], 2
        async with serving({1: (40000, sunspec_image(asleep))}, port):
            with pytest.raises(NothingMeasuredError, match=r"measures nothing \(sleeping"):
                await sunspec(Link("127.0.0.1", port), 1, "inverter").measure()

    asyncio.run(scenario())


def test_a_dropped_link_is_an_error_and_the_next_read_connects_again() -> None:
    async def scenario() -> None:
        port = free_port()
        device = sunspec(Link("127.0.0.1", port), 1, "inverter")
        async with serving({1: (40000, sunspec_image(integer_inverter(700)))}, port):
            assert (await device.measure()).fields["ac_power_w"] == 700.0
        await asyncio.sleep(0.05)
        with pytest.raises(DeviceError, match="no connection"):
            await device.measure()
        # A Fronius switched from integers to floats comes back with another model at another address.
        async with serving({1: (40000, sunspec_image(float_inverter(800.0)))}, port):
            assert (await device.measure()).fields["ac_power_w"] == 800.0

    asyncio.run(scenario())


def test_a_layout_that_changes_under_way_is_noticed_not_misread() -> None:
    async def scenario() -> None:
        port = free_port()
        link = Link("127.0.0.1", port)
        device = sunspec(link, 1, "inverter")
        async with serving({1: (40000, sunspec_image(integer_inverter(700)))}, port):
            await device.measure()
        async with serving({1: (40000, sunspec_image(float_inverter(800.0)))}, port):
            with pytest.raises(DeviceError, match="no longer"):
                await device.measure()
            assert (await device.measure()).fields["ac_power_w"] == 800.0

    asyncio.run(scenario())


def test_a_silent_device_is_an_error_within_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 0.2)

    async def scenario() -> None:
        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hold, "127.0.0.1", 0)
        link = Link("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(DeviceError, match="no answer"):
            await asyncio.wait_for(link.read(1, 40000, 2), timeout=3)
        link.close()
        server.close()

    asyncio.run(scenario())


def test_no_other_function_code_leaves_the_client() -> None:
    with pytest.raises(PermissionError, match="only reads"):
        modbus._only_reads(True, WriteSingleRegisterRequest(address=1, registers=[1]))
    for code in set(range(1, 128)) - {3, 4}:
        asked = ModbusPDU()
        asked.function_code = code
        with pytest.raises(PermissionError, match=f"function code {code} is never sent"):
            modbus._only_reads(True, asked)
    assert [name for name in dir(Link) if not name.startswith("_")] == ["close", "read"]


@pytest.mark.parametrize(
    "models",
    [
        pytest.param([(1, 66), (129, 210)], id="as-the-published-example"),
        *(
            pytest.param([(m["ID"], m["L"]) for m in json.loads(path.read_text())["models"]], id=naming(path))
            for path in recorded("sunspec", "inverter_123.json")
        ),
    ],
)
def test_a_device_without_an_inverter_model_is_walked(models: list[tuple[int, int]]) -> None:
    async def scenario() -> None:
        port = free_port()
        blocks = [[identity, length] + [0] * length for identity, length in models[1:]]
        async with serving({1: (40000, sunspec_image(*blocks, common_length=models[0][1]))}, port):
            with pytest.raises(DeviceError, match="no SunSpec inverter model among 1, 129"):
                await sunspec(Link("127.0.0.1", port), 1, "inverter").measure()

    asyncio.run(scenario())
