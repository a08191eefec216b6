"""Fields that are sums of several inputs: of parts that came together, or absent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.push.gathering import Gathering
from ingest.push.rules import DeviceRules

PHASES = [{"input": f"shellies/shellyem3-1/emeter/{phase}/power"} for phase in range(3)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(-1e6, 1e6), st.booleans()), max_size=20),
)
def test_no_sum_is_made_of_a_part_or_of_parts_of_two_moments(course: list[tuple[int, float, bool]]) -> None:
    """Of each draft the parts are those that came together, and a field is the sum of all of them or absent."""
    house = {"installation_id": "casa", "device_id": "em3", "device_kind": "meter"}
    rules = DeviceRules.model_validate({**house, "inputs": {"import_power_w": PHASES}})
    gathering = Gathering()
    drafts = []
    for number, (phase, watts, is_taken) in enumerate(course):
        gathering.add([rules], PHASES[phase]["input"], str(watts).encode(), number, False)
        drafts += gathering.take() if is_taken else []
    drafts += gathering.take() + gathering.take()
    receipts = [receipt for draft in drafts for receipt in draft.receipts]
    assert sorted(receipts) == list(range(len(course)))
    for draft in drafts:
        parts = {phase: watts for phase, watts, _ in (course[receipt] for receipt in draft.receipts)}
        assert len(parts) == len(draft.receipts)
        expected = {"import_power_w": pytest.approx(sum(parts.values()))} if len(parts) == 3 else {}
        assert draft.fields == expected
    assert all(draft.device is rules for draft in drafts)
