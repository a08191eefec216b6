"""Fronius by its Solar API (JSON over HTTP): inverters, and the meters and the battery beside them.

Fields are those of Fronius' "Solar API V1". An inverter that sleeps leaves its power out, a GEN24 its register; a value
that is null or absent is none. A meter's positive power is import where it sits at the grid, a battery's is discharge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ingest.devices.device import DeviceError, Fields, Measurement, NothingMeasuredError, Port
from ingest.devices.directed import signed
from ingest.devices.http import HttpConnection, HttpLink
from ingest.devices.ranges import measurement

INVERTER = "/solar_api/v1/GetInverterRealtimeData.cgi"
METER = "/solar_api/v1/GetMeterRealtimeData.cgi"
FLOW = "/solar_api/v1/GetPowerFlowRealtimeData.fcgi"
_INVERTER = {"ac_power_w": "PAC", "energy_total_wh": "TOTAL_ENERGY", "voltage_v": "UAC", "current_a": "IAC",
             "frequency_hz": "FAC"}  # fmt: skip
_METER = {"power_w": "PowerReal_P_Sum", "import_total_wh": "EnergyReal_WAC_Sum_Consumed",
          "export_total_wh": "EnergyReal_WAC_Sum_Produced", "voltage_v": "Voltage_AC_Phase_1",
          "frequency_hz": "Frequency_Phase_Average"}  # fmt: skip
_OPPOSITE = {"import_total_wh": "export_total_wh", "export_total_wh": "import_total_wh"}
OK = 0


class FroniusConnection(HttpConnection):
    """A Fronius inverter, meter or battery. ``number``: which of the inverters or meters it is, counted from 1;
    ``meter_sign``: the direction of a meter's positive power."""

    kinds: ClassVar[tuple[str, ...]] = ("inverter", "meter", "battery")

    protocol: Literal["fronius-http"]
    port: Port = 80
    number: Annotated[int, Field(ge=1, le=100)] = 1
    meter_sign: Literal["import", "export"] = "import"

    def open(self, link: HttpLink, kind: str) -> FroniusDevice:
        """The device of that kind over ``link``."""
        return FroniusDevice(link, self, kind)


class FroniusDevice:
    """The ``kind`` part of what ``connection`` describes."""

    def __init__(self, link: HttpLink, connection: FroniusConnection, kind: str) -> None:
        self._link, self._connection, self._kind = link, connection, kind

    async def measure(self) -> Measurement:
        """Read it once. Raises :class:`DeviceError`, or :class:`NothingMeasuredError` at night."""
        number = self._connection.number
        if self._kind == "inverter":
            asked: dict[str, str | int] = {
                "Scope": "Device",
                "DeviceId": number,
                "DataCollection": "CommonInverterData",
            }
            body = await self._get(INVERTER, asked)
            return self._measured(body, inverter(data_of(body, str(self))))
        if self._kind == "meter":
            body = await self._get(METER, {"Scope": "Device", "DeviceId": number - 1})
            return self._measured(body, meter(data_of(body, str(self)), self._connection.meter_sign))
        body = await self._get(FLOW, {})
        return self._measured(body, battery(data_of(body, str(self)), number))

    async def _get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        return await self._link.get(path, params, self._connection.timeout_seconds)

    def _measured(self, body: Mapping[str, Any], fields: Fields) -> Measurement:
        return measurement(str(self), fields, timestamp(body))

    def __str__(self) -> str:
        return f"{self._link}, {self._kind} {self._connection.number}"


def inverter(data: Mapping[str, Any]) -> Fields:
    """Fields of ``CommonInverterData``."""
    fields: Fields = {}
    for name, theirs in _INVERTER.items():
        stated = data.get(theirs)
        value = _number(stated.get("Value")) if isinstance(stated, Mapping) else None
        if value is not None:
            fields[name] = value
    volts, amperes = (_number(_mapping(data.get(name)).get("Value")) for name in ("UDC", "IDC"))
    if volts is not None and amperes is not None:
        fields["dc_power_w"] = volts * amperes
    code = _number(_mapping(data.get("DeviceStatus")).get("StatusCode"))
    if code is not None:
        fields["status_code"] = int(code)
    return fields


def meter(data: Mapping[str, Any], sign: str) -> Fields:
    """Fields of a meter whose positive power is ``sign``; what it calls consumed is then that direction's energy."""
    values = {name: value for name, theirs in _METER.items() if (value := _number(data.get(theirs))) is not None}
    if sign == "export":
        values = {_OPPOSITE.get(name, name): value for name, value in values.items()}
    fields: Fields = dict(values)
    power = values.get("power_w")
    if power is not None:
        del fields["power_w"]
        fields |= signed("import_power_w", power if sign == "import" else -power)
    return fields


def battery(data: Mapping[str, Any], number: int) -> Fields:
    """Fields of the battery at inverter ``number`` in the power flow."""
    fields: Fields = {}
    power = _number(_mapping(data.get("Site")).get("P_Akku"))
    if power is not None:
        fields = signed("discharge_power_w", power)
    charge = _number(_mapping(_mapping(data.get("Inverters")).get(str(number))).get("SOC"))
    if charge is not None:
        fields["soc_pct"] = charge
    return fields


def data_of(body: Mapping[str, Any], who: str) -> Mapping[str, Any]:
    """The data of an answer. Raises :class:`DeviceError` with the device's own word where it has none."""
    status = _mapping(_mapping(body.get("Head")).get("Status"))
    if status.get("Code") != OK:
        said = str(status.get("UserMessage") or status.get("Reason") or "without a word")
        raise DeviceError(f"{who}: state {status.get('Code')}, {said[:200]}")
    data = _mapping(body.get("Body")).get("Data")
    if not isinstance(data, Mapping) or not data:
        raise NothingMeasuredError(f"{who}: answers, but states nothing")
    return data


def timestamp(body: Mapping[str, Any]) -> datetime | None:
    """The device's own time; None where it states none with its offset."""
    try:
        stated = datetime.fromisoformat(str(_mapping(body.get("Head")).get("Timestamp")))
    except ValueError:
        return None
    return stated.astimezone(timezone.utc) if stated.tzinfo else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) + 0.0 if math.isfinite(value) else None
    except OverflowError:
        return None
