"""Numbers in Modbus registers: hand-checked words, and encode/decode as inverses."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.devices.registers import NOT_IMPLEMENTED, RegisterType, number, scaled, text, width, words

RANGES: dict[RegisterType, tuple[int, int]] = {
    "int16": (-(2**15) + 1, 2**15 - 1),
    "uint16": (0, 2**16 - 2),
    "acc32": (1, 2**32 - 1),
    "int32": (-(2**31) + 1, 2**31 - 1),
    "uint32": (0, 2**32 - 2),
    "int64": (-(2**63) + 1, 2**63 - 1),
    "uint64": (0, 2**64 - 2),
}


@pytest.mark.parametrize(
    ("registers", "kind", "expected"),
    [
        pytest.param([0x0001, 0x86A0], "acc32", 100_000, id="high word first"),
        pytest.param([0xFFFF], "int16", -1, id="negative"),
        pytest.param([0x42C8, 0x0000], "float32", 100.0, id="float"),
        pytest.param([0x4132, 0xD687, 0xE3D7, 0x0A3D], "float64", 1_234_567.89, id="float of four words"),
        pytest.param([0x7FF8, 0, 0, 0], "float64", None, id="NaN of four words"),
        pytest.param([0x8000], "int16", None, id="int16 not implemented"),
        pytest.param([0xFFFF], "uint16", None, id="uint16 not implemented"),
        pytest.param([0, 0], "acc32", None, id="accumulator not implemented"),
        pytest.param([0x7FC0, 0], "float32", None, id="NaN"),
        pytest.param([0x7F80, 0], "float32", None, id="infinite"),
        pytest.param([0xFFFF] * 4, "uint64", None, id="uint64 not implemented"),
        pytest.param([0x8000, 0, 0, 0], "int64", None, id="int64 not implemented"),
    ],
)
def test_words_checked_by_hand(registers: list[int], kind: RegisterType, expected: float | None) -> None:
    assert number(registers, 0, kind) == expected


@given(st.sampled_from(sorted(RANGES)), st.data(), st.booleans(), st.integers(0, 3))
def test_whole_numbers_come_back(kind: RegisterType, data: st.DataObject, low_word_first: bool, offset: int) -> None:
    value = data.draw(st.integers(*RANGES[kind]))
    found = words(value, kind, low_word_first)
    assert len(found) == width(kind)
    assert number([7] * offset + found, offset, kind, low_word_first) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floats_come_back(value: float) -> None:
    assert number(words(value, "float32"), 0, "float32") == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_floats_of_four_words_come_back(value: float, low_word_first: bool) -> None:
    assert number(words(value, "float64", low_word_first), 0, "float64", low_word_first) == value


@given(
    st.lists(st.integers(0, 0xFFFF), min_size=4, max_size=4),
    st.sampled_from([*sorted(NOT_IMPLEMENTED), "float32", "float64"]),
)
def test_any_registers_give_a_finite_number_or_none(registers: list[int], kind: RegisterType) -> None:
    value = number(registers, 0, kind)
    assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("raw", "exponent", "expected"),
    [(1, -1, 0.1), (123456, -2, 1234.56), (5, 3, 5000.0), (7, 0, 7.0), (7, None, None), (None, 0, None), (7, 99, None)],
)
def test_scale_factors(raw: int | None, exponent: int | None, expected: float | None) -> None:
    assert scaled(raw, exponent) == expected


def test_text_ends_at_the_first_nul() -> None:
    assert text([*struct.unpack(">4H", b"Fron\0us\0")]) == "Fron"
    assert text([0, 0]) == ""
