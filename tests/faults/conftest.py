"""A world that the tests of a module share, and the table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from tests.support.faults.plan import Plan
from tests.support.faults.table import Outcome, table
from tests.support.faults.world import World, world

OUTCOMES: list[Outcome] = []


@pytest.fixture(scope="session")
def plan() -> Plan:
    made = Plan()
    print(f"\nSOLERA_SEED={made.seed} repeats these moments; {made.kills} kills a part, {made.rate:g} readings/s")
    return made


@pytest.fixture(scope="module")
def whole(plan: Plan, new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A whole stack at work, with devices."""
    with world(tmp_path_factory.mktemp("faults"), new_ports(), plan.rate) as made:
        yield made


@pytest.fixture(scope="session")
def outcomes() -> list[Outcome]:
    """Where a test leaves what it found, for the table."""
    return OUTCOMES


def pytest_terminal_summary() -> None:
    if OUTCOMES:
        Console(width=120).print(table(OUTCOMES))
