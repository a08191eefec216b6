"""What devices of the field do beside the standard: each oddity costs itself alone, and is said."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from ingest.devices import device, modbus, sunspec
from ingest.devices.device import DeviceError, Measurement, RefusedError
from ingest.devices.modbus import Link
from tests.support.peers.modbus_device import sunspec as sunspec_device
from tests.support.peers.modbus_peer import INVERTER, Peer, block, listening, memory, meter


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(modbus, "BUSY_SECONDS", 0.01)


def poll(peer: Peer, polls: int = 1, kind: str = "inverter", **connection: Any) -> list[Measurement | str]:
    """What ``polls`` polls of ``peer`` give: a measurement, or the device's error."""

    async def scenario() -> list[Measurement | str]:
        async with listening(peer) as port:
            link = Link("127.0.0.1", port)
            device = sunspec_device(link, 1, kind, **connection)
            found: list[Measurement | str] = []
            for _ in range(polls):
                try:
                    found.append(await device.measure())
                except DeviceError as error:
                    found.append(str(error))
            link.close()
            return found

    return asyncio.run(scenario())


def fields(found: Measurement | str) -> dict[str, Any]:
    assert isinstance(found, Measurement), found
    return found.fields


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(memory(INVERTER, end=(0,)), id="one zero word"),
        pytest.param(memory(INVERTER, end=()), id="no end"),
        pytest.param(memory(INVERTER, end=(0xFFFF,)), id="half an end mark"),
        pytest.param(memory(INVERTER, end=(0,) * 300), id="zeros for ever"),
        pytest.param(memory(INVERTER, [64001, 0xFFFF]), id="a vendor model without a length"),
        pytest.param(memory(INVERTER, [64001, 30_000]), id="a vendor model of 30,000 words"),
        pytest.param(memory(INVERTER, block(160, 0, {}), end=(0xFFFF, 0)), id="strings of no word"),
        pytest.param(memory(INVERTER, block(160, 1, {}), end=(0xFFFF, 0)), id="strings of one word"),
        pytest.param(memory(INVERTER, block(160, 0xFFFF, {}, holds=8)), id="strings that fill the address space"),
        pytest.param(memory(INVERTER, block(122, 20, {})), id="a clock of 20 words"),
        pytest.param(memory(INVERTER, base=0), id="base 0"),
        pytest.param(memory(INVERTER, base=50000), id="base 50000"),
    ],
)
@pytest.mark.parametrize("outside", [2, 3, 4, None], ids=lambda code: f"outside {code}")
def test_a_list_that_ends_oddly_costs_what_is_behind_it(words: dict[int, int], outside: int | None) -> None:
    found = poll(Peer(words, outside=outside), polls=4)
    assert fields(found[-1])["ac_power_w"] == 2750.0


@pytest.mark.parametrize("length", range(0, 51, 3))
@pytest.mark.parametrize(
    "behind", [block(120, 26, {2: [4] * 26}), block(122, 44, {}), [0xFFFF, 0]], ids=["120", "122", "end"]
)
def test_a_model_shorter_than_its_definition_has_only_its_own_words(length: int, behind: list[int]) -> None:
    short = [103, length, *INVERTER[2 : length + 2]]
    (found,) = poll(Peer(memory(short, behind)))
    whole = fields(poll(Peer(memory(INVERTER, behind)))[0])
    if isinstance(found, Measurement):
        assert found.fields.items() <= whole.items()
    else:
        assert "measures nothing" in found or "no SunSpec" in found


@pytest.mark.parametrize("strings", range(1, 12))
def test_strings_are_summed_where_one_request_reads_them_with_their_scale(strings: int) -> None:
    scale = [0]

    def move(peer: Peer) -> None:
        """At every request powers and scale factor change places: the power stays 500 W a string."""
        scale[0] ^= 1
        start = min(address for address, word in peer.memory.items() if word == 160 and address > 40100)
        peer.memory[start + 4] = scale[0]
        for number in range(strings):
            peer.memory[start + 10 + 20 * number + 11] = 500 // 10 ** scale[0]

    words = block(160, 8 + 20 * strings, {4: [0], 8: [strings]})
    plain = [*INVERTER]
    plain[31] = 0x8000
    for found in poll(Peer(memory(plain, words), before_answer=move), polls=4):
        assert fields(found).get("dc_power_w") == (500.0 * strings if strings <= 5 else None)


@pytest.mark.parametrize("code", [4, 5, 6, 10, 11])
def test_a_busy_device_says_so_itself_while_it_is_looked_for(code: int) -> None:
    (found,) = poll(Peer(memory(INVERTER), busy=1.0, busy_code=code))
    assert f"Modbus exception {code}" in str(found)


def test_nothing_at_any_base_is_no_sunspec_device() -> None:
    (found,) = poll(Peer({1: 1}))
    assert "no SunSpec device" in str(found)


@pytest.mark.parametrize("outside", [None, 2, 6, 11])
def test_a_base_that_is_not_answered_does_not_hide_the_others(outside: int | None) -> None:
    assert fields(poll(Peer(memory(INVERTER, base=0), outside=outside), polls=4)[-1])["ac_power_w"] == 2750.0


def test_a_device_that_hangs_up_after_each_answer_is_read_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 30.0)
    found = poll(Peer(memory(INVERTER, block(122, 44, {})), hangs_up=True), polls=5)
    assert [fields(one)["ac_power_w"] for one in found] == [2750.0] * 5


def test_a_slow_device_is_read_with_the_time_its_connection_gives_it() -> None:
    slow = Peer(memory(INVERTER), delay_seconds=0.15)
    assert "no answer: none within 0.1 s" in str(poll(slow)[0])
    slow.requests.clear()
    assert fields(poll(slow, timeout_seconds=2.0)[0])["ac_power_w"] == 2750.0


@pytest.mark.parametrize(
    ("fault", "polls", "least"),
    [
        pytest.param({"lost": 0.1}, 150, 135, id="one answer in ten lost"),
        pytest.param({"lost": 0.2}, 150, 120, id="one in five lost"),
        pytest.param({"busy": 0.1}, 150, 135, id="one in ten busy"),
        pytest.param({"busy": 0.2, "busy_code": 5}, 150, 120, id="one in five acknowledged only"),
    ],
)
def test_lost_and_busy_answers_cost_few_readings(
    monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], polls: int, least: int
) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 0.02)
    vendor = [block(64000 + number, 20, {}) for number in range(12)]
    found = poll(Peer(memory(*vendor, INVERTER), seed=3, **fault), polls)
    assert sum(isinstance(one, Measurement) for one in found) >= least


def test_a_device_that_takes_no_request_across_models_is_read_model_by_model() -> None:
    words = memory(block(122, 44, {41: [12345, 6789]}), INVERTER)
    starts = {address for address, word in words.items() if word in (122, 103)}
    peer = Peer(words, refuses=lambda address, count: count > 2 and any(address < s < address + count for s in starts))
    found = poll(peer, polls=3)
    assert fields(found[-1])["ac_power_w"] == 2750.0
    assert isinstance(found[-1], Measurement)
    assert found[-1].time is not None


def test_no_request_reads_a_vendors_model() -> None:
    words = memory(block(122, 44, {}), block(64001, 4, {}), INVERTER)
    begin = next(address for address, word in words.items() if word == 64001)
    peer = Peer(words)
    assert fields(poll(peer, 2)[-1])["ac_power_w"] == 2750.0
    assert all(count == 2 or address + count <= begin or address >= begin + 6 for address, count in peer.requests)


def test_each_meter_of_a_unit_can_be_read_and_the_others_are_said() -> None:
    words = memory(INVERTER, meter(-812), meter(640))
    first = poll(Peer(words), kind="meter")[0]
    assert fields(first)["export_power_w"] == 812.0
    assert isinstance(first, Measurement)
    assert "holds 2 meter models" in first.faults[0]
    second = poll(Peer(words), kind="meter", number=2)[0]
    assert fields(second)["import_power_w"] == 640.0
    assert isinstance(second, Measurement)
    assert second.faults == ()
    assert "no meter number 3" in str(poll(Peer(words), kind="meter", number=3)[0])


def test_an_empty_first_slot_says_that_there_are_others() -> None:
    words = memory(block(203, 105, {38: [0, 0], 46: [0, 0]}), meter(640))
    assert "holds 2 meter models, of which number 1 is read" in str(poll(Peer(words), kind="meter")[0])
    assert fields(poll(Peer(words), kind="meter", number=2)[0])["import_power_w"] == 640.0


def test_a_model_that_appears_later_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sunspec, "LOOK_AGAIN_SECONDS", 0.0)
    plain = [*INVERTER]
    plain[31] = 0x8000
    whole = memory(plain, block(160, 28, {4: [0], 8: [1], 21: [900]}))
    peer = Peer(memory(plain))

    def appear(peer: Peer) -> None:
        if len(peer.requests) > 12:
            peer.memory = whole

    peer.before_answer = appear
    found = poll(peer, polls=8)
    assert "dc_power_w" not in fields(found[0])
    assert fields(found[-1])["dc_power_w"] == 900.0


def test_powers_of_zero_have_no_sign() -> None:
    found = fields(poll(Peer(memory(meter(0))), kind="meter")[0])
    assert [math.copysign(1, found[name]) for name in ("import_power_w", "export_power_w")] == [1, 1]


def test_a_value_that_no_reading_can_hold_costs_itself_and_is_said() -> None:
    odd = [*INVERTER]
    odd[10], odd[13] = 6000, 10  # 6e13 V
    found = poll(Peer(memory(odd)))[0]
    assert "voltage_v" not in fields(found)
    assert fields(found)["ac_power_w"] == 2750.0
    assert isinstance(found, Measurement)
    assert "voltage_v can't be" in found.faults[0]


GARBLED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("cut", lambda frame: frame[: len(frame) // 2]),
    ("foreign transaction", lambda frame: bytes([frame[0] ^ 1]) + frame[1:]),
    ("twice", lambda frame: frame + frame),
    ("a count of zero", lambda frame: frame[:8] + b"\0" + frame[9:]),
    ("a count too high", lambda frame: frame[:8] + b"\xfe" + frame[9:]),
    ("another function", lambda frame: frame[:7] + b"\x04" + frame[8:]),
    ("text", lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
]


@pytest.mark.parametrize("garble", [g for _, g in GARBLED], ids=[name for name, _ in GARBLED])
def test_a_garbled_answer_is_the_devices_error_or_no_matter(garble: Callable[[bytes], bytes]) -> None:
    for found in poll(Peer(memory(INVERTER), garble=garble), polls=2):
        assert isinstance(found, str) or found.fields["ac_power_w"] == 2750.0


def test_random_lists_of_models_end_in_a_measurement_or_the_devices_error() -> None:
    dice = random.Random(7)
    for _ in range(150):
        ids = [dice.choice([101, 103, 113, 122, 160, 203, 213, 701, 64001, 1, 0]) for _ in range(dice.randint(0, 5))]
        words = [0x5375, 0x6E53]
        for identity in ids:
            length = dice.choice([0, 1, 2, 8, 20, 50, 105, 153, 30_000, 0xFFFF])
            words += [identity, length, *(dice.randrange(0x10000) for _ in range(min(length, 160)))]
        peer = Peer({40000 + number: word for number, word in enumerate(words)})
        poll(peer, polls=2, kind=dice.choice(["inverter", "meter"]))


def test_registers_beyond_the_address_space_are_refused_before_they_are_asked_for() -> None:
    async def scenario() -> None:
        link = Link("127.0.0.1", 9)
        for address, count in ((65535, 2), (-1, 1), (0, 0), (0, 126)):
            with pytest.raises(DeviceError, match="there are no registers"):
                await link.read(1, address, count)

    asyncio.run(scenario())
    assert RefusedError("text", 2).code == 2
