"""kill -9 of each part at random moments under load: nothing acknowledged is lost, nothing counted twice or wrong.

What may be set, and its default: :mod:`fault_plan`. The watch starts again what was killed.
"""

from __future__ import annotations

import pytest

from tests.support.faults.kills import SERVICES, kill_service
from tests.support.faults.night_kills import kill_archive, kill_nights
from tests.support.faults.plan import Plan
from tests.support.faults.table import Outcome
from tests.support.faults.world import World


@pytest.mark.parametrize("part", SERVICES)
def test_a_killed_service(whole: World, plan: Plan, part: str, outcomes: list[Outcome]) -> None:
    outcome = kill_service(whole, part, plan)
    outcomes.append(outcome)
    assert outcome.found.is_whole


def test_a_killed_archive(whole: World, plan: Plan, outcomes: list[Outcome]) -> None:
    outcome = kill_archive(whole, plan)
    outcomes.append(outcome)
    assert outcome.found.is_whole


def test_killed_nights(whole: World, plan: Plan, outcomes: list[Outcome]) -> None:
    outcome = kill_nights(whole, plan)
    outcomes.append(outcome)
    assert outcome.found.is_whole
