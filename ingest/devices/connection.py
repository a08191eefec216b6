"""How the gateway reaches a device: the JSON in the catalogue's ``connection``, one shape a protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.devices.registers import RegisterType

MeasuredField = Literal[
    "ac_power_w", "dc_power_w", "energy_total_wh", "import_power_w", "export_power_w", "import_total_wh",
    "export_total_wh", "charge_power_w", "discharge_power_w", "charge_total_wh", "discharge_total_wh",
    "soc_pct", "irradiance_w_m2", "module_temperature_c", "ambient_temperature_c", "voltage_v", "current_a",
    "frequency_hz", "status_code",
]  # fmt: skip
Direction = Literal["import", "export"]


class _Connection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1


class SunSpecConnection(_Connection):
    """A SunSpec inverter or meter. ``clock``: whose time a reading bears, the device's (model 122) or the
    gateway's; ``meter_sign``: the direction of a meter's positive power."""

    protocol: Literal["sunspec-tcp"]
    clock: Literal["device", "gateway"] = "gateway"
    meter_sign: Direction = "import"


class HuaweiConnection(_Connection):
    """A Huawei SUN2000 inverter, or the meter or battery behind it (by the device's kind)."""

    protocol: Literal["huawei-tcp"]
    port: Annotated[int, Field(ge=1, le=65535)] = 6607


class MappedRegister(BaseModel):
    """Where a field stands: wire address, type, and the factor that makes its unit of the raw value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[int, Field(ge=0, le=65535)]
    type: RegisterType
    factor: float = 1.0


class RegisterMapConnection(_Connection):
    """Any Modbus TCP device whose maker documents its holding registers."""

    protocol: Literal["registers-tcp"]
    word_order: Literal["big", "little"] = "big"
    registers: Annotated[dict[MeasuredField, MappedRegister], Field(min_length=1)]


Connection = Annotated[SunSpecConnection | HuaweiConnection | RegisterMapConnection, Field(discriminator="protocol")]
CONNECTION: TypeAdapter[Connection] = TypeAdapter(Connection)
