"""A node of Cassandra that goes while others stay: when the speed layer takes itself for stuck."""

from __future__ import annotations

import math

import pytest

from speed_layer.losses import LOST_SECONDS, Losses
from speed_layer.queries import STUCK_SECONDS, is_stuck


@pytest.mark.parametrize(
    ("stands_s", "lost_s", "stuck"),
    [
        (STUCK_SECONDS - 1, math.inf, False),
        (STUCK_SECONDS + 1, math.inf, True),
        (LOST_SECONDS + 2, LOST_SECONDS + 1, True),
        (LOST_SECONDS, LOST_SECONDS, False),
        # It has moved since the node went.
        (LOST_SECONDS + 1, LOST_SECONDS + 2, False),
        (0.0, 10 * LOST_SECONDS, False),
    ],
)
def test_readings_that_stand_since_a_node_was_lost_are_stuck(stands_s: float, lost_s: float, stuck: bool) -> None:
    assert is_stuck(stands_s, lost_s) is stuck


@pytest.mark.parametrize(
    ("looks", "lost"),
    [
        (["abc", "abc"], False),
        (["ab", "abc", "abc"], False),
        (["abc", "ac", "ac"], True),
        (["abc", "ac", "abc"], True),
        (["ab", "ac"], True),
    ],
)
def test_a_node_is_lost_when_it_was_up_before(looks: list[str], lost: bool) -> None:
    losses = Losses()
    for up in looks:
        losses.look(frozenset(up))
    assert math.isfinite(losses.seconds) is lost
