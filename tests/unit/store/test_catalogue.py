"""The catalogue's refusals carry a code and the installation they are about."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from energy.topics import Rejected
from store.catalogue import catalogue_of


class Installation(NamedTuple):
    installation_id: str
    capacity_kw: float | None = None
    community_id: str | None = None


class Device(NamedTuple):
    installation_id: str
    device_id: str


CATALOGUE = catalogue_of(
    [Installation("a", 5.0, "valley"), Installation("b", None, "valley"), Installation("valley")],
    [Device("a", "a-meter")],
)


@pytest.mark.parametrize(
    ("record", "code", "text"),
    [
        ({"installation_id": "x", "device_id": "m"}, "unknown installation", "unknown installation x"),
        ({"installation_id": "b", "device_id": "a-meter"}, "foreign device", "device a-meter is registered to a"),
        ({"installation_id": "b", "meter_id": "a-meter"}, "foreign device", "device a-meter is registered to a"),
    ],
)
def test_a_refusal_says_why(record: dict[str, str], code: str, text: str) -> None:
    with pytest.raises(Rejected, match=text) as refused:
        CATALOGUE.check(record)
    assert (refused.value.code, refused.value.installation_id) == (code, record["installation_id"])


@pytest.mark.parametrize("device", ["a-meter", "new"])
def test_a_known_installation_may_speak(device: str) -> None:
    CATALOGUE.check({"installation_id": "a", "device_id": device})


def test_members_and_capacities_are_those_registered() -> None:
    assert CATALOGUE.members("valley") == ["a", "b"]
    assert dict(CATALOGUE.capacity_kw) == {"a": 5.0}
