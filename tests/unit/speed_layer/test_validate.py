"""What is a reading of a known device, and what is refused and why."""

from __future__ import annotations

import json

import pytest

from energy.topics import MAX_PAYLOAD_BYTES, Rejected
from speed_layer.readings_query.validate import validate
from tests.support.readings import CATALOGUE, message, payload, reading


def test_a_reading_of_a_known_device_is_taken() -> None:
    assert validate(message(payload(reading(0))), CATALOGUE) == reading(0)


def test_a_device_nobody_registered_is_taken_where_its_installation_is_known() -> None:
    assert validate(message(payload(reading(0, "new-device"))), CATALOGUE)["device_id"] == "new-device"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"installation_id": "nowhere"}, "unknown installation nowhere", id="unknown"),
        pytest.param({"device_id": "home-2-meter"}, "device home-2-meter is registered to home-2", id="another's"),
        pytest.param({"ac_power_w": "much"}, "ac_power_w: Input should be a valid number", id="text"),
        pytest.param({"time": "1970-01-01T00:00:00Z"}, "lies before the year 2000", id="1970"),
        pytest.param({"time": "9999-12-31T23:59:59-23:00"}, "lies beyond the years 1 to 9999", id="10000"),
        pytest.param({"time": "0001-01-01T00:00:00+14:00"}, "lies beyond the years 1 to 9999", id="0"),
        pytest.param({"time": "2100-01-01T00:00:00Z"}, "lies in the future", id="2100"),
        pytest.param({"device_kind": "toaster"}, "device_kind", id="kind"),
    ],
)
def test_refused_with_a_reason(changes: dict[str, object], reason: str) -> None:
    record = {**json.loads(payload(reading(0))), **changes}
    with pytest.raises(Rejected, match=reason):
        validate(message(json.dumps(record).encode()), CATALOGUE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "empty message", id="tombstone"),
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"{", "not JSON", id="truncated"),
        pytest.param(b"\xff\xfe", "not JSON", id="bytes"),
        pytest.param(b"[" * 50_000, "not JSON", id="deep"),
        pytest.param(b"{}", "Field required", id="lacks keys"),
    ],
)
def test_what_is_no_record_is_refused(content: bytes | None, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        validate(message(content), CATALOGUE)


def test_a_message_cut_short_for_its_size_is_refused_with_its_true_size() -> None:
    with pytest.raises(Rejected, match=f"too large: 2000000 bytes, at most {MAX_PAYLOAD_BYTES}"):
        validate(message(b"{", size=2_000_000), CATALOGUE)
