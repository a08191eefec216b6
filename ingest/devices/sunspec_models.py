"""SunSpec: from the registers of a device's models to the fields of a reading.

A SunSpec device holds the mark ``SunS``, then models, each ``ID, L, L words``, the common model first, up to
ID 0xFFFF. Offsets below count from a model's ID word and are those of the SunSpec model definitions. The
common model is 65 or 66 words long, so models are found by walking, never by a constant address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal, NamedTuple

from ingest.devices.device import Fields
from ingest.devices.directed import signed
from ingest.devices.modbus import ADDRESSES, MAX_READ
from ingest.devices.registers import RegisterType, number, scaled, text, width

MARK = (0x5375, 0x6E53)
BASES = (40000, 0, 50000)
ENDS = (0xFFFF, 0)
"""Numbers that no model bears: the end of the list, and what some makers write instead."""
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""``Tms`` of model 122 counts seconds from here."""


class Model(NamedTuple):
    """A model found on a device: its number, the address of its ID word, and its length without ID and L."""

    id: int
    address: int
    length: int


class Point(NamedTuple):
    """The place of a value: offset, type, and the offset of its scale factor where it has one."""

    offset: int
    kind: RegisterType
    scale: int | None = None


class Request(NamedTuple):
    """One read of ``length`` registers at ``address``."""

    address: int
    length: int


_INTEGER_INVERTER = {
    "ac_power_w": Point(14, "int16", 15),
    "energy_total_wh": Point(24, "acc32", 26),
    "dc_power_w": Point(31, "int16", 32),
    "voltage_v": Point(10, "uint16", 13),
    "current_a": Point(2, "uint16", 6),
    "frequency_hz": Point(16, "uint16", 17),
    "status_code": Point(38, "enum16"),
}
_FLOAT_INVERTER = {
    "ac_power_w": Point(22, "float32"),
    "energy_total_wh": Point(32, "float32"),
    "dc_power_w": Point(38, "float32"),
    "voltage_v": Point(16, "float32"),
    "current_a": Point(2, "float32"),
    "frequency_hz": Point(24, "float32"),
    "status_code": Point(48, "enum16"),
}
_DER_MEASUREMENT = {
    "ac_power_w": Point(10, "int16", 116),
    "energy_total_wh": Point(19, "uint64", 120),
    "voltage_v": Point(16, "uint16", 114),
    "current_a": Point(14, "int16", 113),
    "frequency_hz": Point(17, "uint32", 115),
    "status_code": Point(4, "enum16"),
}
_INTEGER_METER = {
    "power_w": Point(18, "int16", 22),
    "export_total_wh": Point(38, "acc32", 54),
    "import_total_wh": Point(46, "acc32", 54),
    "voltage_v": Point(7, "int16", 15),
    "current_a": Point(2, "int16", 6),
    "frequency_hz": Point(16, "int16", 17),
}
_FLOAT_METER = {
    "power_w": Point(28, "float32"),
    "export_total_wh": Point(60, "float32"),
    "import_total_wh": Point(68, "float32"),
    "voltage_v": Point(10, "float32"),
    "current_a": Point(2, "float32"),
    "frequency_hz": Point(26, "float32"),
}
CLOCK, STRINGS = 122, 160
_CLOCK_POINT = Point(41, "uint32")
_FIRST_STRING, _STRING_LENGTH = 10, 20
MOST_STRINGS = (MAX_READ - _FIRST_STRING) // _STRING_LENGTH
"""Strings of model 160 that fit into one request with their scale factor."""
LAYOUTS: Mapping[int, Mapping[str, Point]] = {
    **dict.fromkeys((101, 102, 103), _INTEGER_INVERTER),
    **dict.fromkeys((111, 112, 113), _FLOAT_INVERTER),
    701: _DER_MEASUREMENT,
    **dict.fromkeys((201, 202, 203, 204), _INTEGER_METER),
    **dict.fromkeys((211, 212, 213, 214), _FLOAT_METER),
}
METERS = (*range(201, 205), *range(211, 215))
STATES = ("", "off", "sleeping", "starting", "producing", "throttled", "shutting down", "fault", "standby")
"""States of an inverter, by the code of models 101 to 113."""


def needed(model: Model) -> int:
    """Words to read from the model's ID on; 0 for a model that tells a reading nothing.

    They end where the model ends: the words behind it are its neighbour's, or beyond the address space.
    """
    if model.id == CLOCK:
        wanted = _CLOCK_POINT.offset + width(_CLOCK_POINT.kind)
    elif model.id == STRINGS:
        wanted = _FIRST_STRING + MOST_STRINGS * _STRING_LENGTH
    else:
        ends = (max(p.offset + width(p.kind), (p.scale or 0) + 1) for p in LAYOUTS.get(model.id, {}).values())
        wanted = max(ends, default=0)
    return min(wanted, model.length + 2, ADDRESSES - model.address)


def plan(models: Sequence[Model]) -> list[Request]:
    """The fewest requests that read every model needed, each whole within one request of :data:`MAX_READ`.

    So a value and its scale factor are of one moment. Models that follow each other share a request.
    """
    requests: list[Request] = []
    reached = -1
    for model in sorted(models, key=lambda m: m.address):
        end = model.address + needed(model)
        if end == model.address:
            continue
        if requests and reached == model.address and end - requests[-1].address <= MAX_READ:
            requests[-1] = Request(requests[-1].address, end - requests[-1].address)
        else:
            requests.append(Request(model.address, end - model.address))
        reached = model.address + model.length + 2
    return requests


def inverter(model: int, registers: Sequence[int]) -> Fields:
    """Fields of an inverter's reading from model 101-103, 111-113 or 701."""
    fields = _values(model, registers)
    code = fields.get("status_code")
    if isinstance(code, int):
        # Model 701 counts the same states from 0.
        state = code + 1 if model == 701 else code
        if 0 < state < len(STATES):
            fields["status"] = STATES[state]
    return fields


def meter(model: int, registers: Sequence[int], positive: Literal["import", "export"] = "import") -> Fields:
    """Fields of a meter's reading from model 201-204 or 211-214.

    Makers differ in the sign of the power: ``positive`` says which direction counts as positive.
    """
    fields = _values(model, registers)
    power = fields.pop("power_w", None)
    if isinstance(power, float):
        fields |= signed("import_power_w", power if positive == "import" else -power)
    return fields


def strings_power_w(registers: Sequence[int]) -> float | None:
    """DC power of all strings of model 160 (W): the inverter's where its own model does not give it.

    None where the model has more strings than fit into the one request that also reads their scale factor.
    """
    scale, count = number(registers, 4, "sunssf"), number(registers, 8, "uint16")
    held = range(_FIRST_STRING, len(registers) - _STRING_LENGTH + 1, _STRING_LENGTH)
    if count is None or count > len(held):
        return None
    powers = [scaled(number(registers, at + 11, "uint16"), scale) for at in held[: int(count)]]
    known = [power for power in powers if power is not None]
    return sum(known) if known else None


def clock(registers: Sequence[int]) -> datetime | None:
    """The device's own time (UTC) from model 122, or None where it keeps none."""
    seconds = number(registers, _CLOCK_POINT.offset, _CLOCK_POINT.kind)
    return EPOCH + timedelta(seconds=int(seconds)) if seconds else None


def maker(registers: Sequence[int]) -> tuple[str, str, str]:
    """Manufacturer, model and serial number from the common model."""
    return text(registers[2:18]), text(registers[18:34]), text(registers[50:66])


def _values(model: int, registers: Sequence[int]) -> Fields:
    fields: Fields = {}
    for name, point in LAYOUTS[model].items():
        raw = number(registers, point.offset, point.kind)
        if point.scale is not None:
            raw = scaled(raw, number(registers, point.scale, "sunssf"))
        if raw is not None:
            fields[name] = raw
    return fields
