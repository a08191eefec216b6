"""How far ahead of its arrival each kind of message may lie."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from energy.topics import TOPICS, Rejected

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


def reading(ahead_s: float) -> bytes:
    at = (NOW + timedelta(seconds=ahead_s)).isoformat().replace("+00:00", "Z")
    named = {"installation_id": "a", "device_id": "i", "device_kind": "inverter", "time": at, "source": "test"}
    return json.dumps(named | {"ac_power_w": 1.0}).encode()


@pytest.mark.parametrize("ahead_s", [-86_400, 0, 59.9, 60])
def test_a_reading_up_to_a_minute_ahead_is_taken(ahead_s: float) -> None:
    assert TOPICS["readings"].parse(reading(ahead_s), NOW)["ac_power_w"] == 1.0


@pytest.mark.parametrize("ahead_s", [60.002, 90, 590, 86_400, 3e8])
def test_a_reading_further_ahead_is_refused_with_the_reason(ahead_s: float) -> None:
    with pytest.raises(Rejected, match="future of its arrival") as refused:
        TOPICS["readings"].parse(reading(ahead_s), NOW)
    assert refused.value.code == "time"
