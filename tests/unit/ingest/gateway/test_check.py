"""What a person is told of the devices of a file: values with units, the fault and the cure; and ecoHub's file."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from typer.testing import CliRunner

from energy.records import Reading
from ingest.catalogue.entries import parse_catalogue
from ingest.devices import fronius
from ingest.devices.device import (
    DeviceError,
    Measurement,
    NoAnswerError,
    NoConnectionError,
    NothingMeasuredError,
    RefusedError,
)
from ingest.devices.directed import MeasuredField
from ingest.devices.registers import words
from ingest.devices.registry import CONNECTION, Device
from ingest.gateway import check
from ingest.gateway.polling.device_clock import DeviceClock, difference
from stack.cli import app
from tests.support.peers.fronius_device import DAY, Inverter, said, solar_api
from tests.support.peers.modbus_device import free_port, serving

NOW = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def server() -> Iterator[Inverter]:
    with solar_api() as running:
        yield running


def site(path: Path, *devices: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump({"installation_id": "finca-1", "devices": list(devices)}))
    return path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["gateway", *arguments])


def test_each_device_is_read_once_and_printed_with_its_units(server: Inverter, tmp_path: Path) -> None:
    stamp = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(timespec="seconds")
    body = json.loads(said(DAY))
    body["Head"]["Timestamp"] = stamp
    server.answers[fronius.INVERTER] = json.dumps(body).encode()
    away, port = free_port(), free_port()
    meter = {"import_power_w": {"address": 10, "type": "int16"}, "voltage_v": {"address": 900, "type": "uint16"}}
    file = site(
        tmp_path / "site.yaml",
        {"device_id": "roof", "device_kind": "inverter",
         "connection": {"protocol": "fronius-http", "host": "127.0.0.1", "port": server.server_address[1]}},
        {"device_id": "shed", "device_kind": "inverter",
         "connection": {"protocol": "sunspec-tcp", "host": "127.0.0.1", "port": away}},
        {"device_id": "grid", "device_kind": "meter",
         "connection": {"protocol": "registers-tcp", "host": "127.0.0.1", "port": port, "registers": meter}},
        {"device_id": "elsewhere", "device_kind": "meter"},
    )  # fmt: skip

    async def scenario() -> Any:
        async with serving({1: (0, [0] * 10 + words(-420, "int16") + [0] * 10)}, port):
            return await asyncio.to_thread(run, "check", str(file))

    done = asyncio.run(scenario())
    assert done.exit_code == 1
    printed = done.output.splitlines()
    assert printed[0] == f"finca-1/roof: inverter, fronius-http at 127.0.0.1:{server.server_address[1]}"
    assert "  power (AC)                         4,321.0 W" in printed
    assert "  generated so far                  12,345.6 kWh" in printed
    assert any("its clock is 1 h 0 min ahead" in line or "its clock is 59 min ahead" in line for line in printed)
    assert any(line.startswith("  ! ") and "no connection" in line for line in printed)
    assert any("ping 127.0.0.1" in line for line in printed)
    assert "  given to the grid now                420.0 W" in printed
    assert any("refused registers 900" in line for line in printed)
    assert printed[-1] == "2 of 3 devices answer."
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (NothingMeasuredError("x"), "sleeps"),
        (NoConnectionError("x"), "Modbus TCP enabled"),
        (NoAnswerError("x"), "Is the unit right"),
        (RefusedError("x", 2), "try the address less one"),
        (RefusedError("x", 1), "try registers-tcp"),
        (RefusedError("x", 6), "ask again"),
        (DeviceError("x"), "protocol, the unit and the kind"),
    ],
)
def test_every_fault_has_its_cure(error: DeviceError, word: str) -> None:
    (entry,) = parse_catalogue({"installation_id": "a", "devices": [
        {"device_id": "b", "device_kind": "meter", "connection": {"protocol": "sunspec-tcp", "host": "10.0.0.7"}}
    ]})  # fmt: skip
    connection = entry.devices[0].connection
    assert connection is not None
    assert word in check.cure(Device("a", "b", "meter", connection), error)


@pytest.mark.parametrize(
    "error", [NothingMeasuredError("x"), NoConnectionError("x"), NoAnswerError("x"), DeviceError("x")]
)
def test_no_cure_over_http_asks_about_modbus(error: DeviceError) -> None:
    connection = CONNECTION.validate_python({"protocol": "fronius-http", "host": "10.0.0.7"})
    printed = check.cure(Device("a", "b", "inverter", connection), error)
    assert not re.search("unit|Modbus|register", printed)


def test_every_field_of_a_reading_has_its_words() -> None:
    named = {"schema_", "schema", "installation_id", "device_id", "device_kind", "time", "source"}
    named |= {"device_ahead_s", "gateway_ahead_s"}
    assert set(check.WORDS) == set(get_type_hints(Reading)) - named
    assert set(get_args(MeasuredField)) <= set(check.WORDS)


@pytest.mark.parametrize(
    ("off", "word"),
    [
        (timedelta(seconds=59), None),
        (timedelta(hours=1), "1 h 0 min ahead"),
        (timedelta(hours=-1), "1 h 0 min behind"),
        (timedelta(minutes=-2), "2 min behind"),
    ],
)
def test_a_clock_that_is_off_is_said(off: timedelta, word: str | None) -> None:
    found = difference(NOW + off, NOW)
    assert found == (word and f"its clock is {word}; readings bear the gateway's time")


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (timedelta(seconds=-59), ()),
        (timedelta(seconds=59), ()),
        (timedelta(hours=-1), ("1 h 0 min behind", "readings bear its time", "clock: gateway")),
        (timedelta(minutes=-2), ("2 min behind", "readings bear its time", "clock: gateway")),
        (timedelta(minutes=2), ("can't be", "readings bear the gateway's time")),
        (timedelta(days=-9000), ("can't be", "readings bear the gateway's time")),
    ],
)
def test_of_a_clock_that_dates_readings_is_said_whose_time_they_bear(off: timedelta, words: tuple[str, ...]) -> None:
    described = {"protocol": "sunspec-tcp", "host": "10.0.0.7"}
    plain, dating = (
        Device("a", "b", "inverter", CONNECTION.validate_python(described | {"clock": whose}))
        for whose in ("gateway", "device")
    )
    measured = Measurement({"ac_power_w": 1.0}, NOW + off)
    printed = [list(check.lines(check.Found(device, 0.1, NOW, measured, None))) for device in (plain, dating)]
    faults = [[line for line in lines if line.startswith("  ! ")] for lines in printed]
    assert faults[0] == [f"  ! {fault}" for fault in filter(None, [difference(NOW + off, NOW)])]
    assert len(faults[1]) == bool(words)
    assert all(word in faults[1][0] for word in words)
    borne = DeviceClock(5.0).time_of_reading(NOW + off, NOW)
    assert all((word == "readings bear its time") == (borne == NOW + off) for word in words if "bear" in word)


CONFIG = """
[emoncms]
site: finca
cms_ip: 10.0.0.2
path: /emoncms
key: secret
[Fronius Symo]
url: 192.168.1.20
port: 502
unit: 1
byteorder: Endian.Big
wordorder: Endian.Big
[contador]
url = 192.168.1.20
port = 502
unit = 240
byteorder = Endian.Big
wordorder = Endian.Little
[potencia]
server: Fronius Symo
start: 40091
registers: 2
tipe: 32bit_float
[red]
server: contador
start: 40097
registers: 2
tipe: 32bit_float
[vertido]
server: contador
start: 40129
registers: 2
tipe: 32bit_float
[caldera]
server: contador
start: 7
registers: 1
tipe: 16bit_int
"""


def test_ecohubs_file_becomes_a_site_of_ours(tmp_path: Path) -> None:
    config = tmp_path / "config.ini"
    config.write_text(CONFIG)
    done = run("from-ecohub", str(config), "--installation", "finca-1", "--field", "caldera=voltage_v")
    assert done.exit_code == 0, done.output
    (entry,) = parse_catalogue(yaml.safe_load(done.stdout))
    symo, contador = entry.devices
    assert (symo.device_id, symo.device_kind, contador.device_kind) == ("Fronius-Symo", "inverter", "meter")
    assert contador.connection is not None
    assert contador.connection.model_dump()["word_order"] == "little"
    assert set(contador.connection.model_dump()["registers"]) == {"import_power_w", "export_total_wh", "voltage_v"}
    assert "key" not in done.stdout
    left = run("from-ecohub", str(config), "--installation", "finca-1")
    assert "[caldera]" in left.stderr


@pytest.mark.parametrize(
    ("text", "arguments", "word"),
    [
        ("no section", (), "can't be read as a config.ini"),
        (CONFIG.replace("16bit_int", "exec('x')"), (), "tipe: write one of"),
        (CONFIG.replace("unit: 1", "unit: __import__('os')"), (), "write a whole number"),
        (CONFIG.replace("byteorder: Endian.Big", "byteorder: Endian.Little"), (), "lower byte comes first"),
        (CONFIG, ("--field", "nada=voltage_v"), "has no register nada"),
        (CONFIG, ("--field", "caldera=kettle"), "there is no field kettle"),
        (CONFIG, ("--field", "caldera"), "write SECTION=FIELD"),
    ],
)
def test_what_ecohubs_file_may_not_hold_is_refused(
    tmp_path: Path, text: str, arguments: tuple[str, ...], word: str
) -> None:
    config = tmp_path / "config.ini"
    config.write_text(text)
    done = run("from-ecohub", str(config), "--installation", "finca-1", *arguments)
    assert done.exit_code == 1
    assert word in done.output


def test_a_file_without_devices_is_no_success(tmp_path: Path) -> None:
    assert run("check", str(site(tmp_path / "site.yaml"))).exit_code == 1
    assert threading.active_count() < 50
