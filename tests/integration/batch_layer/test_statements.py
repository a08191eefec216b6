"""Statements of others over several nights: a bill scales the hours it covers, and holes stand in the gap ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from conf import Settings
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import gaps, merged, unmerged
from store.spark import session
from tests.support import batch_world as world

FIRST = world.CUT - timedelta(days=40)
DAYS = 20
LAST = FIRST + timedelta(days=DAYS)
HOLE = range(100, 250)
"""Hours that the first night lacks, several whole days among them."""


@pytest.fixture(scope="module")
def spark(stack: Settings) -> Iterator[SparkSession]:
    running = session(stack, "test statements")
    yield running
    running.stop()


def statement(home: str, hour: int, hours: int, wh: float, known_days: int = 0) -> dict[str, Any]:
    start = FIRST + timedelta(hours=hour)
    return {
        "installation_id": home,
        "meter_id": f"{home}-official",
        "start": world.rfc(start),
        "end": world.rfc(start + timedelta(hours=hours)),
        "import_wh": wh,
        "method": "measured",
        "source": "test",
        "known_at": world.rfc(LAST + timedelta(days=known_days)),
    }


def night(spark: SparkSession, settings: Settings) -> None:
    steps = ("archive", "clean", "totals", "publish")
    nightly(spark, settings, world.CUT.date(), report=lambda _: None, steps=steps)


def holes(settings: Settings, home: str) -> list[tuple[float, float, str]]:
    """Stretches of hours after FIRST that are not present."""
    span = Span(FIRST, LAST)
    with closing(Reader(settings)) as reader:
        seen = merged.seen(reader)
        lines = gaps.ledger(reader, {home: [span]}, span, seen, datetime.now(timezone.utc))
    return [
        ((line.start - FIRST) / timedelta(hours=1), (line.until - FIRST) / timedelta(hours=1), line.cause)
        for line in gaps.of_states(lines, ())
    ]


def test_a_bill_scales_its_hours_and_holes_stand_in_the_ledger(stack: Settings, spark: SparkSession) -> None:
    hours = [(n, 100.0 + n % 24) for n in range(24 * DAYS) if n not in HOLE]
    filled = [(n, 120.0) for n in HOLE]
    total = round(1.1 * sum(wh for _, wh in [*hours, *filled]), 3)
    step_by_step, at_once = "stated-slow", "stated-fast"
    world.register(stack, step_by_step, at_once)
    world.send(stack, "intervals", [statement(step_by_step, n, 1, wh) for n, wh in hours if n < HOLE.start])
    night(spark, stack)
    assert holes(stack, step_by_step) == []
    world.send(stack, "intervals", [statement(step_by_step, n, 1, wh) for n, wh in hours if n >= HOLE.stop])
    night(spark, stack)
    assert holes(stack, step_by_step) == [(HOLE.start, HOLE.stop, "silent")]
    assert sum(world.published(stack, step_by_step).values()) == pytest.approx(2 * sum(wh for _, wh in hours))

    world.send(stack, "intervals", [statement(step_by_step, n, 1, wh) for n, wh in filled])
    world.send(stack, "intervals", [statement(step_by_step, 0, 24 * DAYS, total, 5)])
    together = [*hours, *filled]
    world.send(stack, "intervals", [statement(at_once, 0, 24 * DAYS, total, 5)])
    world.send(stack, "intervals", [statement(at_once, n, 1, wh) for n, wh in together])
    night(spark, stack)
    assert holes(stack, step_by_step) == [(0, 24 * DAYS, "scaled total")]
    slow, fast = world.rows(stack, step_by_step), world.rows(stack, at_once)
    assert slow == fast
    imported = {start: value for (quantity, start), value in slow.items() if quantity == "import"}
    assert round(sum(value[0] for value in imported.values()), 3) == total
    assert {(method, cause) for _, _, method, _, _, cause in imported.values()} == {("spread", "scaled total")}
    assert imported[FIRST][0] == pytest.approx(27.5, abs=0.002)

    # The view of official statements alone gives the same, from any day of it.
    day = FIRST + timedelta(days=3)
    with closing(Reader(stack)) as reader:
        rows = unmerged.official(reader, {at_once: [Span(day, day + timedelta(days=1))]})
    official = {row.start: row.energy_wh for row in rows if row.quantity == "import"}
    assert official == {start: imported[start][0] for start in official}
    assert len(official) == 96
