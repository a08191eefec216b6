"""A site's own devices, simulated on loopback and polled by the gateway's poller."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ingest.catalogue.entries import InstallationEntry, parse_catalogue
from ingest.devices.registry import Links, measurable
from ingest.simulator.doors.sunspec import TooManyDevices
from ingest.simulator.site import _plants, simulated

AWAY = {"protocol": "registers-tcp", "host": "192.0.2.7", "registers": {"voltage_v": {"address": 1, "type": "uint16"}}}
DEVICES = [
    {"device_id": "roof", "device_kind": "inverter", "connection": AWAY},
    {"device_id": "shed", "device_kind": "inverter", "connection": {"protocol": "fronius-http", "host": "192.0.2.8"}},
    {"device_id": "grid", "device_kind": "meter", "connection": AWAY},
    {"device_id": "store", "device_kind": "battery", "connection": AWAY},
    {"device_id": "pushed", "device_kind": "meter"},
]
SITE = {"installation_id": "finca", "latitude": 40.4, "longitude": -3.7, "capacity_kw": 10.0, "devices": DEVICES}
NOON = datetime(2026, 6, 21, 12, 30, tzinfo=timezone.utc)


def entries(**other: object) -> list[InstallationEntry]:
    return parse_catalogue({**SITE, **other})


def test_each_inverter_and_meter_of_the_file_is_read_on_loopback_instead_of_its_own_address() -> None:
    async def scenario() -> dict[str, set[str]]:
        found = {}
        links = Links()
        async with simulated(entries()) as devices:
            for each in devices:
                assert each.connection.host == "127.0.0.1"
                measured = await measurable(each, links.of(each)).measure()
                found[each.name] = set(measured.fields)
            links.keep(())
        return found

    found = asyncio.run(scenario())
    assert set(found) == {"finca/roof", "finca/shed", "finca/grid"}
    assert {"ac_power_w", "energy_total_wh"} <= found["finca/roof"]
    assert {"import_power_w", "export_power_w", "import_total_wh"} <= found["finca/grid"]


def test_its_inverters_share_what_the_sun_gives_and_its_meter_measures_all() -> None:
    (entry,) = entries()
    plants = _plants(entry)
    one, grid = plants["inverter"](NOON)["ac_power_w"], plants["meter"](NOON)["power_w"]
    assert 3_000 < one < 4_000
    assert grid == pytest.approx(1_500 - 2 * one, abs=1)
    midnight = plants["inverter"](NOON.replace(hour=0))
    assert (midnight["ac_power_w"], plants["meter"](NOON.replace(hour=0))["power_w"]) == (0, 1_500)


def test_more_devices_than_an_address_has_units_are_refused() -> None:
    many = [{"device_id": f"m{n}", "device_kind": "meter", "connection": AWAY} for n in range(248)]

    async def scenario() -> None:
        async with simulated(entries(devices=many)):
            pytest.fail("served")

    with pytest.raises(TooManyDevices, match="248 devices are more than the 247 units"):
        asyncio.run(scenario())


def test_the_command_says_what_the_gateway_reads_until_it_is_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump(SITE))
    command = [sys.executable, "-u", "-m", "stack.cli", "gateway", "--simulate", str(file)]
    environment = {**os.environ, "SOLERA_GATEWAY__POLL_SECONDS": "0.2", "SOLERA_HOME": str(tmp_path / "home")}
    seen: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        assert run.stdout is not None
        for line in run.stdout:
            seen.append(line.rstrip())
            if {"roof", "shed", "grid"} <= {each.partition("finca/")[2].partition(":")[0] for each in seen}:
                break
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
    assert run.returncode == 0
    assert "Traceback" not in rest
    assert seen[:2] == [
        "Left out: finca/store, for no battery is simulated",
        "3 device(s) simulated on loopback; Ctrl-C ends it.",
    ]
    assert any(line.startswith("  generated so far") and line.endswith("kWh") for line in [*seen, *rest.splitlines()])
    assert not (tmp_path / "home").exists()


def test_a_gateways_light_install_has_all_that_it_takes() -> None:
    lacking = (
        "import sys; sys.modules.update(dict.fromkeys(['numpy', 'pandas', 'pyarrow', 'pvlib', 'cassandra', 'kafka']))"
    )
    needed = "import ingest.catalogue.file, ingest.gateway.trial, ingest.simulator.site"
    done = subprocess.run([sys.executable, "-c", f"{lacking}; {needed}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
