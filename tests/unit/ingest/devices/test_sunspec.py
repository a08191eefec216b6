"""SunSpec decoding: hand-made register images, the published model definitions, and the plan of requests."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.devices import sunspec_models
from ingest.devices.modbus import MAX_READ
from ingest.devices.registers import words
from ingest.devices.sunspec_models import LAYOUTS, Model
from tests.support.recorded import HAND_MADE, naming, recorded

NAMES = {
    "ac_power_w": "W", "dc_power_w": "DCW", "voltage_v": "PhVphA", "current_a": "A", "frequency_hz": "Hz",
    "power_w": "W", "export_total_wh": "TotWhExp", "import_total_wh": "TotWhImp", "energy_total_wh": "WH",
    "status_code": "St",
}  # fmt: skip
DER_NAMES = {"energy_total_wh": "TotWhInj", "voltage_v": "LNV", "status_code": "InvSt"}


def block(model: int, length: int, **at: list[int]) -> list[int]:
    """A model's registers, 0xFFFF but for the words at the offsets named ``o<offset>``."""
    registers = [model, length] + [0xFFFF] * length
    for offset, values in at.items():
        registers[int(offset[1:]) : int(offset[1:]) + len(values)] = values
    return registers


def test_an_inverter_of_integers() -> None:
    registers = block(
        103, 50, o2=[1234], o6=[0xFFFE], o10=[2305], o13=[0xFFFF], o14=[512], o15=[1], o16=[5001], o17=[0xFFFE],
        o24=[0x0012, 0xD687], o26=[1], o31=[0x8000], o32=[0], o38=[4],
    )  # fmt: skip
    assert sunspec_models.inverter(103, registers) == {
        "current_a": 12.34,
        "voltage_v": 230.5,
        "ac_power_w": 5120.0,
        "frequency_hz": 50.01,
        "energy_total_wh": 12345670.0,
        "status_code": 4,
        "status": "producing",
    }


def test_an_inverter_of_floats() -> None:
    registers = block(
        113, 60, o22=words(4321.5, "float32"), o32=words(7654321.0, "float32"), o38=[0x7FC0, 0], o48=[2],
        o16=[0x7FC0, 0], o2=[0x7FC0, 0], o24=[0x7FC0, 0],
    )  # fmt: skip
    assert sunspec_models.inverter(113, registers) == {
        "ac_power_w": 4321.5,
        "energy_total_wh": 7654321.0,
        "status_code": 2,
        "status": "sleeping",
    }


@pytest.mark.parametrize(("positive", "imported", "exported"), [("import", 0.0, 1500.0), ("export", 1500.0, 0.0)])
def test_a_meters_sign_is_a_setting(positive: Any, imported: float, exported: float) -> None:
    registers = block(
        203, 105, o18=words(-150, "int16"), o22=[1], o38=[0, 5000], o46=[0, 6000], o54=[0], o16=[0x8000],
        o7=[0x8000], o2=[0x8000],
    )  # fmt: skip
    assert sunspec_models.meter(203, registers, positive) == {
        "import_power_w": imported,
        "export_power_w": exported,
        "export_total_wh": 5000.0,
        "import_total_wh": 6000.0,
    }


def test_a_model_701_inverter() -> None:
    registers = block(
        701, 153, o4=[3], o10=[250], o14=[0x8000], o16=[2300], o17=words(50000, "uint32"),
        o19=words(123456789, "uint64"), o114=[0xFFFF], o115=[0xFFFD], o116=[1], o120=[0],
    )  # fmt: skip
    assert sunspec_models.inverter(701, registers) == {
        "ac_power_w": 2500.0,
        "voltage_v": 230.0,
        "frequency_hz": 50.0,
        "energy_total_wh": 123456789.0,
        "status_code": 3,
        "status": "producing",
    }


def test_the_devices_own_clock() -> None:
    moment = datetime(2026, 11, 21, 12, 30, tzinfo=timezone.utc)
    seconds = int((moment - sunspec_models.EPOCH).total_seconds())
    assert sunspec_models.clock(block(122, 44, o41=words(seconds, "uint32"))) == moment
    assert sunspec_models.clock(block(122, 44)) is None


def test_power_of_all_strings() -> None:
    registers = [160, 48, 0, 0, 0xFFFF, 0, 0, 0, 2, 0] + [0] * 40
    registers[10 + 11], registers[30 + 11] = 15000, 5000
    assert sunspec_models.strings_power_w(registers) == 2000.0


def test_a_reading_takes_one_request_where_the_models_allow() -> None:
    models = [Model(1, 40002, 65), Model(103, 40069, 50), Model(122, 40121, 44)]
    assert sunspec_models.plan(models) == [(40069, 95)]


def test_a_distant_clock_takes_a_second_request() -> None:
    models = [Model(203, 40070, 105), Model(122, 40177, 44)]
    assert sunspec_models.plan(models) == [(40070, 55), (40177, 43)]


@given(
    st.lists(st.tuples(st.sampled_from([103, 113, 122, 160, 203, 213, 701, 64001]), st.integers(1, 300)), max_size=8)
)
def test_the_plan_reads_every_needed_word_within_the_limit(found: list[tuple[int, int]]) -> None:
    address, models = 40002, []
    for identity, length in found:
        least = max(length, sunspec_models.needed(Model(identity, 0, 60)) - 2)
        models.append(Model(identity, address, least))
        address += least + 2
    requests = sunspec_models.plan(models)
    assert all(0 < request.length <= MAX_READ for request in requests)
    read = {a for request in requests for a in range(request.address, request.address + request.length)}
    for model in models:
        assert set(range(model.address, model.address + sunspec_models.needed(model))) <= read


Points = dict[str, tuple[int, str, int | None]]
"""Offset, type and the offset of the scale factor of a model's points."""


def listed(model: int) -> Points:
    """The points that are read, as the specification's tables place them."""
    with (HAND_MADE / "sunspec" / "points.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["model"]) == model]
    return {
        row["point"]: (int(row["offset"]), row["type"], int(row["scale_offset"]) if row["scale_offset"] else None)
        for row in rows
    }


def defined(path: Path) -> Points:
    """The points of a published definition."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    offset = 0
    for point in json.loads(path.read_text())["group"]["points"]:
        found[point["name"]] = (offset, point)
        offset += point["size"]
    return {
        name: (at, point["type"], found[point["sf"]][0] if "sf" in point else None)
        for name, (at, point) in found.items()
    }


PUBLISHED = [path for path in recorded("sunspec", "model_*.json") if int(path.stem[6:]) in LAYOUTS]


@pytest.mark.parametrize(
    ("model", "points"),
    [
        *(pytest.param(model, listed(model), id=f"{model}-specified") for model in sorted(LAYOUTS)),
        *(pytest.param(int(path.stem[6:]), defined(path), id=naming(path)) for path in PUBLISHED),
    ],
)
def test_offsets_are_those_that_are_published(model: int, points: Points) -> None:
    for field, (at, kind, scale) in LAYOUTS[model].items():
        name = (DER_NAMES if model == 701 else {}).get(field, NAMES[field])
        if model in sunspec_models.METERS and field == "voltage_v":
            name = "PhV"
        assert (at, kind, scale) == points[name], field
