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
    takes_unknown_devices: bool | None = None


class Device(NamedTuple):
    installation_id: str
    device_id: str


CATALOGUE = catalogue_of(
    [
        Installation("a", 5.0, "valley"),
        Installation("b", None, "valley"),
        Installation("open", takes_unknown_devices=True),
        Installation("valley"),
    ],
    [Device("a", "a-meter"), Device("a", "meter-1"), Device("open", "meter-1")],
)


@pytest.mark.parametrize(
    ("record", "code", "text"),
    [
        ({"installation_id": "x", "device_id": "m"}, "unknown installation", "unknown installation x"),
        ({"installation_id": "b", "device_id": "a-meter"}, "foreign device", "device a-meter is registered to a"),
        ({"installation_id": "b", "meter_id": "a-meter"}, "foreign device", "device a-meter is registered to a"),
        ({"installation_id": "b", "device_id": "meter-1"}, "foreign device", "device meter-1 is registered to a, open"),
        ({"installation_id": "a", "device_id": "new"}, "unknown device", "device new is not registered to a"),
    ],
)
def test_a_refusal_says_why(record: dict[str, str], code: str, text: str) -> None:
    with pytest.raises(Rejected, match=text) as refused:
        CATALOGUE.check(record)
    assert (refused.value.code, refused.value.installation_id) == (code, record["installation_id"])


@pytest.mark.parametrize(
    ("installation", "device"),
    [("a", "a-meter"), ("a", "meter-1"), ("open", "meter-1"), ("open", "new"), ("b", "new")],
    ids=["registered", "of a name two have", "the other's", "open to any", "none registered"],
)
def test_a_known_installation_may_speak(installation: str, device: str) -> None:
    CATALOGUE.check({"installation_id": installation, "device_id": device})


def test_somebody_elses_totals_need_no_registered_device() -> None:
    CATALOGUE.check({"installation_id": "a", "meter_id": "supply point"})


def test_members_and_capacities_are_those_registered() -> None:
    assert CATALOGUE.members("valley") == ["a", "b"]
    assert dict(CATALOGUE.capacity_kw) == {"a": 5.0}
