"""The pollers of the catalogue's devices: two homes may use one device id, and damaged files end nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conf import Settings
from ingest.devices.registry import CONNECTION, Device
from ingest.gateway.fleet import Fleet
from tests.support.peers.modbus_device import free_port


def a_meter(installation: str, port: int) -> Device:
    described = {"protocol": "sunspec-tcp", "host": "127.0.0.1", "port": port}
    return Device(installation, "meter-1", "meter", CONNECTION.validate_python(described))


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"home": tmp_path})


async def keep(_record: dict[str, Any]) -> None:
    pass


def refreshed(settings: Settings, monkeypatch: pytest.MonkeyPatch, found: list[Device] | Exception) -> Fleet:
    async def scenario() -> Fleet:
        fleet = Fleet(settings, keep)

        def read() -> tuple[list[Device], dict[str, str]]:
            if isinstance(found, Exception):
                raise found
            return found, {}

        monkeypatch.setattr(fleet, "_read", read)
        await fleet.refresh()
        polled = dict(fleet.pollers)
        fleet.stop()
        fleet.pollers = polled
        return fleet

    return asyncio.run(scenario())


def test_two_homes_may_use_one_device_id(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = refreshed(own, monkeypatch, [a_meter("home-1", free_port()), a_meter("home-2", free_port())])
    assert set(fleet.pollers) == {"home-1/meter-1", "home-2/meter-1"}


def test_without_the_catalogue_the_devices_last_read_are_polled(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed(own, monkeypatch, [a_meter("home-1", 502)])
    fleet = refreshed(own, monkeypatch, ConnectionError("Cassandra is away"))
    assert set(fleet.pollers) == {"home-1/meter-1"}
    assert "Cassandra is away" in (fleet.error or "")


@pytest.mark.parametrize("content", [b"", b"[", b'[["home-1", "meter-1"', b"\xff\xfe", b"null", b'{"a": 1}', b"[[]]"])
def test_a_damaged_memory_of_devices_is_set_aside(
    own: Settings, monkeypatch: pytest.MonkeyPatch, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    memory = own.home / "gateway" / "devices.json"
    memory.parent.mkdir(parents=True)
    memory.write_bytes(content)
    fleet = refreshed(own, monkeypatch, ConnectionError("Cassandra is away"))
    assert fleet.pollers == {}
    assert "set aside" in caplog.text
    assert not memory.exists()
    assert set(refreshed(own, monkeypatch, [a_meter("home-1", 502)]).pollers) == {"home-1/meter-1"}


def test_a_disk_that_takes_no_memory_of_devices_does_not_end_the_polling(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.gateway.remembered.replace_text", full)
    assert refreshed(own, monkeypatch, [a_meter("home-1", 502)]).pollers
