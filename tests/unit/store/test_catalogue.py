"""The catalogue's refusals carry a code and the installation they are about."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.writers import UNSIGNED, Signed, signature
from energy.energy_row import to_us
from energy.limits import Limits
from energy.topics import Rejected
from store.catalogue import History, catalogue_of
from store.history.limits import limits_of
from store.history.memberships import Membership
from store.history.periods import Period
from store.instants import utc


class Installation(NamedTuple):
    installation_id: str
    kind: str = "home"
    takes_unknown_devices: bool | None = None
    writer: str | None = None


class Belongs(NamedTuple):
    installation_id: str
    start: datetime
    until: datetime | None
    community_id: str


class Sized(NamedTuple):
    installation_id: str
    start: datetime
    until: datetime | None
    capacity_kw: float


class Device(NamedTuple):
    installation_id: str
    device_id: str
    device_kind: str = "meter"
    capacity_kw: float | None = None


EVER, BUILT, MOVED = (datetime(*day) for day in ((1970, 1, 1), (2025, 6, 1), (2026, 3, 1)))  # noqa: DTZ001 - as the driver returns it
CATALOGUE = catalogue_of(
    [
        Installation("a"),
        Installation("b"),
        Installation("open", takes_unknown_devices=True),
        Installation("valley", kind="community"),
        Installation("hill", kind="community"),
        Installation("signed", writer="north"),
        Installation("lost", writer="away"),
    ],
    [
        Device("a", "a-meter", capacity_kw=4.6),
        Device("a", "meter-1"),
        Device("open", "meter-1"),
        Device("signed", "s-meter"),
    ],
    {"north": b"north's", "south": b"south's"},
    History(
        memberships=[
            Belongs("b", EVER, None, "valley"),
            Belongs("a", MOVED, None, "hill"),
            Belongs("a", EVER, MOVED, "valley"),
            Belongs("open", EVER, None, "b"),  # of an older version, which let it in
        ],
        capacities=[Sized("a", MOVED, None, 5.0), Sized("a", BUILT, MOVED, 3.0)],
    ),
)
READING = {"installation_id": "signed", "device_id": "s-meter"}


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


def test_a_membership_counts_in_a_community_alone() -> None:
    moved = datetime(2026, 3, 1, tzinfo=timezone.utc)
    assert CATALOGUE.communities == {"hill", "valley"}
    assert CATALOGUE.of_member("a") == [Membership("a", "valley", end=moved), Membership("a", "hill", start=moved)]
    assert CATALOGUE.of_community("valley") == [Membership("a", "valley", end=moved), Membership("b", "valley")]
    assert CATALOGUE.of_member("open") == CATALOGUE.of_community("b") == ()


def test_limits_are_those_registered() -> None:
    built, extended = (to_us(utc(at)) for at in (BUILT, MOVED))
    devices = {"a-meter": 4.6}
    nothing = Limits(None, devices)
    assert CATALOGUE.limits["a"] == Limits(5.0, devices, 5.0, extended, Limits(3.0, devices, 3.0, built, nothing))
    assert CATALOGUE.limits["b"] == Limits(None, {}, None)


@pytest.mark.parametrize(
    ("devices", "is_closed", "export_kw"),
    [
        ([Device("a", "m")], True, 5.0),
        ([Device("a", "m"), Device("a", "b", "battery", 3.0), Device("a", "c", "battery", 2.0)], True, 10.0),
        ([Device("a", "m"), Device("a", "b", "battery")], True, None),
        ([Device("a", "m"), Device("a", "b", "battery", 3.0)], False, None),
        ([], False, None),
    ],
    ids=["no battery", "two batteries", "a battery of unknown power", "others may send", "no device"],
)
def test_export_is_bounded_where_all_that_gives_is_known(
    devices: list[Device], is_closed: bool, export_kw: float | None
) -> None:
    assert limits_of([Period(5.0)], devices, is_closed).export_kw == export_kw
    assert limits_of([], devices, is_closed).export_kw is None


def signed(writer: str, secret: str, value: bytes = b"{}", topic: str = "readings") -> Signed:
    return Signed("readings", b"{}", writer.encode(), signature(secret.encode(), topic, value))


@pytest.mark.parametrize(
    "message",
    [
        UNSIGNED,
        Signed("readings", b"{}", b"north", None),
        Signed("readings", b"{}", None, signature(b"north's", "readings", b"{}")),
        signed("south", "south's"),
        signed("north", "south's"),
        signed("south", "north's"),
        signed("north", "guessed"),
        signed("north", "north's", value=b"{ }"),
        signed("north", "north's", topic="intervals"),
        signed("north", "north's")._replace(signature=b""),
    ],
    ids=[
        "unsigned", "no signature", "no name", "another writer", "another's secret", "another's name", "a guess",
        "of another message", "of another topic", "empty",
    ],
)  # fmt: skip
def test_an_installation_with_a_writer_counts_what_that_writer_signed_alone(message: Signed) -> None:
    with pytest.raises(Rejected, match="signed is written by north alone") as refused:
        CATALOGUE.check(READING, message)
    assert refused.value.code == "foreign writer"


def test_a_writer_speaks_for_its_installation() -> None:
    CATALOGUE.check(READING, signed("north", "north's"))


def test_a_writer_whose_secret_is_not_here_is_believed_nothing() -> None:
    for secret in ("", "away's"):
        with pytest.raises(Rejected, match="lost is written by away alone"):
            CATALOGUE.check({"installation_id": "lost", "device_id": "m"}, signed("away", secret))


def test_a_writer_does_not_speak_for_devices_of_others() -> None:
    with pytest.raises(Rejected, match="registered to a"):
        CATALOGUE.check(READING | {"device_id": "a-meter"}, signed("north", "north's"))


@given(secret=st.binary(min_size=1), value=st.binary(), at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_signed_message_can_change(secret: bytes, value: bytes, at: int, bit: int) -> None:
    tag = signature(secret, "readings", value)
    assert Signed("readings", value, b"w", tag).is_of("w", secret)
    assert not Signed("readings", value, b"w", flipped(tag, at, bit)).is_of("w", secret)
    if value:
        assert not Signed("readings", flipped(value, at, bit), b"w", tag).is_of("w", secret)


def flipped(whole: bytes, at: int, bit: int) -> bytes:
    place = at % len(whole)
    return whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]


def test_secrets_stand_in_no_log() -> None:
    assert "north's" not in repr(CATALOGUE)
