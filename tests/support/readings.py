"""Messages and readings for the tests of the speed layer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from energy.energy_row import to_us
from speed_layer.readings_query.validate import Message
from store.catalogue import Catalogue

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
CATALOGUE = Catalogue(
    installations=frozenset({"home-1", "home-2"}),
    owners={"home-1-inverter": frozenset({"home-1"}), "home-2-meter": frozenset({"home-2"})},
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def reading(seconds: float, device: str = "home-1-inverter", **fields: Any) -> dict[str, Any]:
    return {
        "installation_id": "home-1",
        "device_id": device,
        "device_kind": "inverter",
        "time": at(seconds),
        **(fields or {"ac_power_w": 100.0, "energy_total_wh": 5_000.0}),
    }


def payload(record: dict[str, Any]) -> bytes:
    wire = {**record, "time": record["time"].isoformat().replace("+00:00", "Z")}
    return json.dumps(wire).encode()


def message(content: bytes | None, offset: int = 0, partition: int = 0, size: int | None = None) -> Message:
    received = to_us(NOON + timedelta(days=1))
    return Message(partition, offset, received, content, len(content or b"") if size is None else size)
