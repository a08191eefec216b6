"""Devices that share an address: one link of each kind, and each waits as long as its own connection says."""

from __future__ import annotations

import asyncio
from itertools import permutations
from typing import Any

import pytest

from ingest.devices import device, fronius
from ingest.devices.device import Measurement, NoAnswerError
from ingest.devices.http import HttpLink
from ingest.devices.modbus import Link
from ingest.devices.registry import CONNECTION, Device, Links, measurable
from tests.support.peers.fronius_device import DAY, said, solar_api


def inverter(port: int, protocol: str = "fronius-http", **more: Any) -> Device:
    described = {"protocol": protocol, "host": "127.0.0.1", "port": port} | more
    return Device("finca-1", "roof", "inverter", CONNECTION.validate_python(described))


def outcomes(*devices: Device) -> list[Measurement | BaseException]:
    """What each gives, one after the other over the links they share."""

    async def scenario() -> list[Measurement | BaseException]:
        links = Links()
        try:
            opened = [measurable(each, links.of(each)) for each in devices]
            return [(await asyncio.gather(each.measure(), return_exceptions=True))[0] for each in opened]
        finally:
            links.keep(())

    return asyncio.run(scenario())


@pytest.mark.parametrize("waits", [(0.2, 20.0), (20.0, 0.2), (None, 20.0), (20.0, None)])
def test_each_device_of_an_address_is_waited_for_as_long_as_it_says(
    waits: tuple[float | None, float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 0.2)
    with solar_api() as server:
        server.answers[fronius.INVERTER], server.slow = said(DAY), 0.8
        port = server.server_address[1]
        found = outcomes(*(inverter(port, timeout_seconds=wait) for wait in waits))
    assert [type(each) for each in found] == [Measurement if wait == 20.0 else NoAnswerError for wait in waits]


@pytest.mark.parametrize("protocols", permutations(("fronius-http", "sunspec-tcp", "huawei-tcp", "victron-tcp")))
def test_each_kind_of_link_to_a_port_is_one_of_its_own(protocols: tuple[str, ...]) -> None:
    async def scenario() -> None:
        links = Links()
        devices = [inverter(5020, protocol) for protocol in protocols]
        for each in devices:
            assert type(links.of(each)) is (HttpLink if each.connection.protocol == "fronius-http" else Link)
        assert len(links) == 2
        links.keep([each for each in devices if each.connection.protocol == "fronius-http"])
        assert len(links) == 1
        links.keep(())

    asyncio.run(scenario())
