"""Of a bill with one known fault all euros are explained, and most of them by that fault."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from energy.money.official.difference import causes
from energy.money.official.statement import statement
from serving_layer.views.money.official import ours
from tests.support.money.faulty import FAULTS, Fault, Home, billed, home


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__.strip("_") for fault in FAULTS])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_fault_is_found(fault: Callable[[Home, random.Random], Fault], seed: int) -> None:
    dice = random.Random(seed)
    of = home(dice)
    made, mine = fault(of, dice), ours(billed(of))
    official = statement(made.lines)
    found = causes(mine, official, None if made.on_their_days is None else ours(made.on_their_days))
    assert sum(Fraction(each.eur) for each in found) == (official.total or 0) - (mine.said.total or 0)
    assert max(found, key=lambda each: abs(each.eur)).cause == made.cause
