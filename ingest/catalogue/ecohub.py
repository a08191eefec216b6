"""ecoHub's ``config.ini`` as an entry of a catalogue file: its devices, and the registers that they are asked for.

It is read with configparser; nothing in it is run. ecoHub leaves to emoncms what a register measures: registers of
Fronius, Huawei and Kostal that its tools read are known by their address, of others a person names the field.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from ingest.catalogue.entries import CatalogueError
from ingest.devices.directed import MeasuredField

TYPES = {"32bit_float": "float32", "16bit_uint": "uint16", "16bit_int": "int16", "32bit_uint": "uint32",
         "32bit_int": "int32"}  # fmt: skip
KNOWN: Mapping[tuple[int, str], tuple[str, float]] = {
    (40091, "float32"): ("ac_power_w", 1.0), (40097, "float32"): ("import_power_w", 1.0),
    (40129, "float32"): ("export_total_wh", 1.0), (40137, "float32"): ("import_total_wh", 1.0),
    (32080, "int32"): ("ac_power_w", 1.0), (32106, "uint32"): ("energy_total_wh", 10.0),
    (37113, "int32"): ("export_power_w", 1.0), (37119, "int32"): ("export_total_wh", 10.0),
    (37121, "int32"): ("import_total_wh", 10.0), (37765, "int32"): ("charge_power_w", 1.0),
    (100, "float32"): ("dc_power_w", 1.0), (172, "float32"): ("ac_power_w", 1.0),
    (320, "float32"): ("energy_total_wh", 1.0),
}  # fmt: skip
"""Field and factor of an address and type."""
FIELDS = frozenset(get_args(MeasuredField))


class Converted(NamedTuple):
    """The entry, and the sections whose registers are left out of it, for nobody says what they measure."""

    entry: dict[str, Any]
    left_out: list[str]


def convert(path: Path, installation_id: str, fields: Mapping[str, str]) -> Converted:
    """The installation that ``path`` describes; ``fields``: what registers measure, by the names of their sections.

    Raises :class:`CatalogueError`.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise CatalogueError(f"{path} can't be read as a config.ini: {' '.join(str(error).split())}") from None
    registers = [name for name in parser.sections() if parser.has_option(name, "server")]
    if unknown := sorted(fields.keys() - set(registers)):
        raise CatalogueError(f"{path} has no register {', '.join(unknown)}; it has: {', '.join(registers)}")
    if wrong := sorted(set(fields.values()) - FIELDS):
        raise CatalogueError(f"there is no field {', '.join(wrong)}; there are: {', '.join(sorted(FIELDS))}")
    devices, left_out = [], []
    for server in (name for name in parser.sections() if parser.has_option(name, "url")):
        mapped: dict[str, dict[str, Any]] = {}
        for name in (name for name in registers if parser.get(name, "server") == server):
            found = _register(parser, name, fields.get(name))
            if found is None or found[0] in mapped:
                left_out.append(name)
            else:
                mapped[found[0]] = found[1]
        if mapped:
            devices.append(_device(parser, server, mapped))
    return Converted({"installation_id": installation_id, "devices": devices}, left_out)


def _register(parser: configparser.ConfigParser, name: str, field: str | None) -> tuple[str, dict[str, Any]] | None:
    """Field and register; None where nobody says what it measures."""
    kind = TYPES.get(parser.get(name, "tipe", fallback=""))
    if kind is None:
        raise CatalogueError(f"[{name}] tipe: write one of {', '.join(TYPES)}")
    address = _integer(parser, name, "start")
    known, factor = KNOWN.get((address, kind), ("", 1.0))
    if not (chosen := field or known):
        return None
    if field and field != known:
        factor = 1.0
    return chosen, {"address": address, "type": kind} | ({"factor": factor} if factor != 1.0 else {})


def _device(parser: configparser.ConfigParser, server: str, mapped: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if "little" in parser.get(server, "byteorder", fallback="").lower():
        raise CatalogueError(f"[{server}] byteorder: registers whose lower byte comes first are not read")
    order = "little" if "little" in parser.get(server, "wordorder", fallback="").lower() else "big"
    connection = {
        "protocol": "registers-tcp",
        "host": parser.get(server, "url"),
        "port": _integer(parser, server, "port"),
        "unit": _integer(parser, server, "unit"),
        "registers": mapped,
    } | ({"word_order": "little"} if order == "little" else {})
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", server).strip("-._") or "device"
    return {"device_id": name, "device_kind": _kind(mapped), "connection": connection}


def _kind(mapped: Mapping[str, Any]) -> str:
    """The kind of a device with such fields."""
    if any(name.startswith(("import_", "export_")) for name in mapped):
        return "meter"
    if any(name.startswith(("charge_", "discharge_", "soc_")) for name in mapped):
        return "battery"
    climate = {"irradiance_w_m2", "module_temperature_c", "ambient_temperature_c"}
    return "weather_station" if set(mapped) <= climate else "inverter"


def _integer(parser: configparser.ConfigParser, section: str, option: str) -> int:
    try:
        return parser.getint(section, option)
    except (ValueError, configparser.Error):
        raise CatalogueError(f"[{section}] {option}: write a whole number") from None
