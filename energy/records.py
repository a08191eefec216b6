"""The records of the four topics, defined once: parser, JSON schema and Spark schema come from here.

A message is JSON in UTF-8. ``parse`` turns its bytes into a plain dict or raises :class:`Rejected` with a
reason fit for a person; it looks at nothing but its arguments, so speed and batch layer judge alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import NotRequired, TypedDict

MAX_PAYLOAD_BYTES = 1_048_576
EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
MAX_AHEAD = timedelta(minutes=10)
"""How far a device's clock may run ahead of the broker's before its reading is refused."""
FORECAST_AHEAD = timedelta(days=400)
"""How far ahead a forecast's hour or a price's period may lie."""

Text = Annotated[str, Field(min_length=1, max_length=200)]
Power = Annotated[float, Field(ge=0, le=1e10)]
SignedPower = Annotated[float, Field(ge=-1e10, le=1e10)]
Energy = Annotated[float, Field(ge=0, le=1e15)]
Percent = Annotated[float, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Celsius = Annotated[float, Field(ge=-100, le=200)]
Price = Annotated[float, Field(ge=-1e6, le=1e6)]
Schema = Literal[1]

DeviceKind = Literal["inverter", "meter", "battery", "weather_station"]
QUANTITIES = ("generation", "consumption", "import", "export", "charge", "discharge", "self_consumption")

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
    market: Literal["spot", "pvpc", "surplus"]
    zone: Text
    start: AwareDatetime
    end: AwareDatetime
    price_eur_mwh: Price
    provider: Text
    known_at: AwareDatetime


RECORDS: Mapping[str, Any] = {
    "readings": Reading,
    "intervals": Interval,
    "weather": Weather,
    "prices": MarketPrice,
}
TOPICS = tuple(RECORDS)
KEYS: Mapping[str, tuple[str, ...]] = {
    "readings": ("device_id", "time"),
    "intervals": ("installation_id", "meter_id", "start", "end", "source", "known_at"),
    "weather": ("location_id", "provider", "kind", "issued_at", "time"),
    "prices": ("market", "zone", "provider", "start", "end", "known_at"),
}
"""What makes two records of a topic speak of the same thing."""
EVENT_TIME: Mapping[str, str] = {"readings": "time", "intervals": "start", "weather": "time", "prices": "start"}
"""The field whose UTC day is the record's ``event_day``."""
MESSAGE_KEY: Mapping[str, str] = {
    "readings": "installation_id",
    "intervals": "installation_id",
    "weather": "location_id",
    "prices": "market",
}
"""The field that keys the topic's messages."""
REGISTERS: Mapping[str, tuple[str, str, str]] = {
    # register: (device kind, quantity, power of the same flow)
    "energy_total_wh": ("inverter", "generation", "ac_power_w"),
    "import_total_wh": ("meter", "import", "import_power_w"),
    "export_total_wh": ("meter", "export", "export_power_w"),
    "charge_total_wh": ("battery", "charge", "charge_power_w"),
    "discharge_total_wh": ("battery", "discharge", "discharge_power_w"),
}

COUNTED = tuple(dict.fromkeys(name for register, (_, _, power) in REGISTERS.items() for name in (register, power)))
"""Every register and the power of its flow: what the arithmetic of energy looks at."""

_ADAPTERS = {topic: TypeAdapter(record) for topic, record in RECORDS.items()}
# The adapters' own way there costs a tenth of a reading's judgement.
_VALIDATE = {topic: adapter.validator.validate_json for topic, adapter in _ADAPTERS.items()}
_TIMES: Mapping[str, tuple[str, ...]] = {
    "readings": ("time",),
    "intervals": ("start", "end", "known_at"),
    "weather": ("time", "issued_at"),
    "prices": ("start", "end", "known_at"),
}
_AHEAD = {"readings": MAX_AHEAD, "intervals": MAX_AHEAD, "weather": FORECAST_AHEAD, "prices": FORECAST_AHEAD}


class Rejected(ValueError):
    """A message that can't be taken; its text is the reason, for the quarantine and its reader."""


def parse(topic: str, payload: bytes | None, received_at: datetime) -> dict[str, Any]:
    """The record in ``payload``, its times in UTC to the millisecond, absent and null fields alike left out.

    ``received_at`` is the broker's time of the message (UTC). Raises :class:`Rejected`.
    """
    if payload is None:
        raise Rejected("empty message")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Rejected(f"too large: {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are taken")
    try:
        record: dict[str, Any] = _VALIDATE[topic](payload)
    except ValidationError as error:
        raise Rejected(_reason(error)) from None
    record.pop("schema", None)
    if None in record.values():
        record = {name: value for name, value in record.items() if value is not None}
    for name in _TIMES[topic]:
        record[name] = _instant(record[name])
    _check_times(topic, record, received_at)
    return record


def _instant(time: datetime) -> datetime:
    utc = time.astimezone(timezone.utc)
    # Whole milliseconds, which is all Cassandra's timestamp keeps: both layers must see the same instant.
    beyond = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - beyond) if beyond else utc


def _check_times(topic: str, record: Mapping[str, Any], received_at: datetime) -> None:
    for name in _TIMES[topic]:
        time: datetime = record[name]
        if time < EARLIEST:
            raise Rejected(f"{name} {time:%Y-%m-%dT%H:%M:%SZ} lies before the year 2000")
        if time > received_at + (MAX_AHEAD if name in ("issued_at", "known_at") else _AHEAD[topic]):
            raise Rejected(f"{name} {time:%Y-%m-%dT%H:%M:%SZ} lies in the future of its arrival")
    if "end" in record and not record["start"] < record["end"] <= record["start"] + timedelta(days=31):
        raise Rejected("end must come after start, and within 31 days of it")


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return f"not JSON: {first['msg']}"
    return f"{where or 'message'}: {first['msg']}"


def json_schema(topic: str) -> dict[str, Any]:
    """JSON Schema of the topic's messages."""
    return _ADAPTERS[topic].json_schema()


def columns(topic: str) -> dict[str, str]:
    """Spark SQL type of each field of the topic, in order: ``string``, ``double``, ``bigint``, ``timestamp``."""
    hints = get_type_hints(RECORDS[topic], include_extras=True)
    return {name: _sql_type(hint) for name, hint in hints.items() if name != "schema"}


def _sql_type(hint: Any) -> str:
    if hint is AwareDatetime or hint is datetime:
        return "timestamp"
    if hint in (float, int, str):
        return {float: "double", int: "bigint", str: "string"}[hint]
    if get_origin(hint) is Literal:
        return "string"
    arguments = [a for a in get_args(hint) if a is not type(None)]
    if not arguments:
        return "timestamp"
    return _sql_type(arguments[0])
