"""Every comparison with a peer: what is compared, what it needs, and how it is made."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support.peers.compared import devices, mqtt, sources
from tests.support.peers.compared.asked import Compared, has, python, together
from tests.support.peers.mosquitto import program
from tests.support.recorded import recorded

MODULES = {"pysunspec2": "sunspec2"}
"""What libraries are imported by, where it is not their name."""


class Case(NamedTuple):
    """One peer."""

    what: str
    missing: Callable[[], str]
    """What is not here, and how it is had; "" where it can be compared."""
    compare: Callable[[], Compared]


def _library(name: str, *programs: str) -> Callable[[], str]:
    def missing() -> str:
        absent = [each for each in programs if program(each) is None]
        if absent:
            return f"{absent[0]} is not installed"
        if python() is None:
            return "SOLERA_PEERS names no Python that has it"
        return "" if has(MODULES.get(name, name.replace("-", "_"))) else f"that Python lacks it: pip install {name}"

    return missing


def _mbpoll() -> str:
    return "" if shutil.which("mbpoll") else "not installed (Debian: apt-get install mbpoll)"


def _modbus_serial() -> str:
    if shutil.which("node") is None:
        return "node is not installed"
    found = subprocess.run(["node", "-e", "require('modbus-serial')"], check=False, capture_output=True)
    return "NODE_PATH names no folder with modbus-serial" if found.returncode else ""


def _prices() -> list[Path]:
    # Labels of the genuine files' form; the others of the hand-made ones have thousands that aiopvpc can't read.
    kinds = ("PVPC_CURV_DD_*.json", "PRICES_ESIOS_1001_*.json", "PRICES_ESIOS_1739_*.json")
    return [file for kind in kinds for file in recorded("esios", kind)]


CASES: Mapping[str, Case] = {
    "pysunspec2": Case(
        "20 inverters and 20 meters of SunSpec", _library("pysunspec2"),
        lambda: together(devices.pysunspec2(model, seed=1) for model in (103, 203)),
    ),
    "fronius-modbus": Case(
        "20 inverters as a Fronius states them", _library("fronius-modbus"), lambda: devices.fronius_modbus(seed=2)
    ),
    "huawei-solar": Case(
        "20 SUN2000 with meter and battery", _library("huawei-solar"), lambda: devices.huawei_solar(seed=3)
    ),
    "mbpoll": Case("a register map of five types", _mbpoll, lambda: devices.mbpoll(seed=4)),
    "modbus-serial": Case("a register map of five types", _modbus_serial, lambda: devices.modbus_serial(seed=5)),
    "aiomqtt": Case(
        "what it publishes as readings, what is published to it", _library("aiomqtt", "mosquitto"), mqtt.aiomqtt
    ),
    "pyomie": Case(
        "prices of OMIE's reports", _library("pyomie"), lambda: sources.pyomie(recorded("omie", "P*.txt"))
    ),
    "aiopvpc": Case("PVPC and surplus prices by the hour", _library("aiopvpc"), lambda: sources.aiopvpc(_prices())),
    "aemet-opendata": Case(
        "AEMET's hourly forecast", _library("aemet-opendata"),
        lambda: sources.aemet_opendata(recorded("aemet", "hourly_forecast_*.json")),
    ),
}  # fmt: skip
