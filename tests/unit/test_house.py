"""The bars that the source has reached stay reached: ``solera bench house`` prints every figure."""

from __future__ import annotations

import pytest

from batch_layer.schedule import STEPS
from tests.support import house


@pytest.fixture(scope="module")
def arrows() -> dict[str, set[str]]:
    return house.imports()


def test_a_circle_and_an_import_of_a_higher_floor_are_seen() -> None:
    assert house.circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
    assert house.circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    wrong = {"conf.settings": {"store.kafka"}, "ingest.replay": {"batch_layer.runs", "store.kafka"}}
    assert house.upward(wrong) == ["conf.settings -> store.kafka", "ingest.replay -> batch_layer.runs"]


def test_a_step_that_reaches_another_by_way_of_a_third_module_is_seen() -> None:
    arrows = {"batch_layer.a": {"batch_layer.x"}, "batch_layer.x": {"batch_layer.b"}, "batch_layer.b": set[str]()}
    assert house.steps_that_import_steps(arrows, ("a", "b")) == ["batch_layer.a -> batch_layer.b"]


def test_imports_run_one_way(arrows: dict[str, set[str]]) -> None:
    assert house.circles(arrows) == []
    assert house.upward(arrows) == []


def test_the_contract_of_the_linter_names_the_steps_of_the_night() -> None:
    (contract,) = (each for each in house.contracts() if each["type"] == "independence")
    assert contract["modules"] == [f"batch_layer.{step}" for step in STEPS]


def test_steps_meet_in_artifacts(arrows: dict[str, set[str]]) -> None:
    assert house.steps_that_import_steps(arrows, STEPS) == []
    assert house.siblings_of_publish(arrows) == []


def test_what_a_person_reads_is_a_refusal() -> None:
    assert house.errors_that_are_no_refusal() == []


def test_no_folder_is_crowded_and_no_part_is_long() -> None:
    assert [each for each in house.side_by_side().most_common() if each[1] > 15] == []
    assert house.long_functions() == []
    assert list(house.long_files()) == []
    assert len(house.many_parameters()) <= 15
