"""The records of the four topics, defined once: parser, JSON schema and Spark schema come from them.

Powers are in W, energies in Wh, times are UTC instants. :mod:`energy.topics` says how a topic carries its records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, ConfigDict, Field, with_config
from typing_extensions import NotRequired, TypedDict

Text = Annotated[str, Field(min_length=1, max_length=200)]
Power = Annotated[float, Field(ge=0, le=1e10)]
SignedPower = Annotated[float, Field(ge=-1e10, le=1e10)]
Energy = Annotated[float, Field(ge=0, le=1e15)]
Percent = Annotated[float, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Celsius = Annotated[float, Field(ge=-100, le=200)]
Price = Annotated[float, Field(ge=-1e6, le=1e6)]
Seconds = Annotated[float, Field(ge=-1e10, le=1e10)]
Schema = Literal[1]

DeviceKind = Literal["inverter", "meter", "battery", "weather_station"]
Quantity = Literal["generation", "consumption", "import", "export", "charge", "discharge", "self_consumption"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
Market = Literal["spot", "pvpc", "surplus"]

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="ignore")


@with_config(_STRICT)
class Reading(TypedDict):
    """One device at one instant. Powers in W, registers (``*_total_wh``) in Wh as read, time in UTC."""

    schema: NotRequired[Schema]
    installation_id: Text
    device_id: Text
    device_kind: DeviceKind
    time: AwareDatetime
    source: NotRequired[Text | None]
    ac_power_w: NotRequired[SignedPower | None]
    dc_power_w: NotRequired[SignedPower | None]
    energy_total_wh: NotRequired[Energy | None]
    import_power_w: NotRequired[Power | None]
    export_power_w: NotRequired[Power | None]
    import_total_wh: NotRequired[Energy | None]
    export_total_wh: NotRequired[Energy | None]
    charge_power_w: NotRequired[Power | None]
    discharge_power_w: NotRequired[Power | None]
    charge_total_wh: NotRequired[Energy | None]
    discharge_total_wh: NotRequired[Energy | None]
    soc_pct: NotRequired[Percent | None]
    irradiance_w_m2: NotRequired[Annotated[float, Field(ge=-50, le=3000)] | None]
    module_temperature_c: NotRequired[Celsius | None]
    ambient_temperature_c: NotRequired[Celsius | None]
    voltage_v: NotRequired[Annotated[float, Field(ge=0, le=1e6)] | None]
    current_a: NotRequired[Annotated[float, Field(ge=-1e6, le=1e6)] | None]
    frequency_hz: NotRequired[Annotated[float, Field(ge=0, le=1000)] | None]
    status: NotRequired[Text | None]
    status_code: NotRequired[Annotated[int, Field(ge=0, le=2**63 - 1)] | None]
    device_ahead_s: NotRequired[Seconds | None]
    """Seconds by which the device's own clock was ahead of ``time``, where that is the gateway's."""
    gateway_ahead_s: NotRequired[Seconds | None]
    """Seconds by which the gateway's clock was ahead of ``time``, where that is the device's and no log was read."""


@with_config(_STRICT)
class Interval(TypedDict):
    """Energy somebody else has totalled between ``start`` and ``end`` (UTC), in Wh."""

    schema: NotRequired[Schema]
    installation_id: Text
    meter_id: Text
    start: AwareDatetime
    end: AwareDatetime
    import_wh: NotRequired[Energy | None]
    export_wh: NotRequired[Energy | None]
    generation_wh: NotRequired[Energy | None]
    consumption_wh: NotRequired[Energy | None]
    self_consumption_wh: NotRequired[Energy | None]
    method: Literal["measured", "estimated"]
    source: Text
    known_at: AwareDatetime


@with_config(_STRICT)
class Weather(TypedDict):
    """Weather of one hour (``time`` = its beginning, UTC) as ``provider`` stated it at ``issued_at``."""

    schema: NotRequired[Schema]
    location_id: Text
    issued_at: AwareDatetime
    time: AwareDatetime
    provider: Text
    kind: Literal["forecast", "observation"]
    temperature_c: NotRequired[Celsius | None]
    cloud_fraction: NotRequired[Fraction | None]
    ghi_w_m2: NotRequired[Annotated[float, Field(ge=0, le=2000)] | None]
    relative_humidity: NotRequired[Percent | None]
    wind_speed_m_s: NotRequired[Annotated[float, Field(ge=0, le=150)] | None]
    wind_gust_m_s: NotRequired[Annotated[float, Field(ge=0, le=150)] | None]
    precipitation_mm: NotRequired[Annotated[float, Field(ge=0, le=2000)] | None]
    precipitation_probability: NotRequired[Fraction | None]
    sky_code: NotRequired[Text | None]


@with_config(_STRICT)
class MarketPrice(TypedDict):
    """Price of energy from ``start`` to ``end`` (UTC) in EUR/MWh as known at ``known_at``."""

    schema: NotRequired[Schema]
    market: Market
    zone: Text
    start: AwareDatetime
    end: AwareDatetime
    price_eur_mwh: Price
    provider: Text
    known_at: AwareDatetime


REGISTERS: Mapping[str, tuple[str, str, str]] = {
    # register: (device kind, quantity, power of the same flow)
    "energy_total_wh": ("inverter", "generation", "ac_power_w"),
    "import_total_wh": ("meter", "import", "import_power_w"),
    "export_total_wh": ("meter", "export", "export_power_w"),
    "charge_total_wh": ("battery", "charge", "charge_power_w"),
    "discharge_total_wh": ("battery", "discharge", "discharge_power_w"),
}

REGISTER_QUANTITIES = frozenset(quantity for _, quantity, _ in REGISTERS.values())
"""Quantities that have a register; the others are derived of them."""

COUNTED = tuple(dict.fromkeys(name for register, (_, _, power) in REGISTERS.items() for name in (register, power)))
"""Every register and the power of its flow: what the arithmetic of energy looks at."""


def quantities_of(device_kind: str) -> frozenset[str]:
    """The quantities whose registers a kind of device has."""
    return frozenset(quantity for kind, quantity, _ in REGISTERS.values() if kind == device_kind)
