"""Which messages a retraction covers, and what both layers make of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from energy.topics import Rejected
from store.catalogue import History, catalogue_of
from store.history.retraction import Retraction
from tests.unit.store.test_catalogue import Installation

AT = datetime(2026, 3, 5, tzinfo=timezone.utc)
START, UNTIL = AT - timedelta(days=2), AT - timedelta(days=1)
BEFORE, AFTER = AT - timedelta(hours=1), AT + timedelta(milliseconds=1)
READINGS = Retraction("a", AT, "readings", None, START, UNTIL)
OF_METER = READINGS._replace(device_id="m")
INTERVALS = READINGS._replace(topic="intervals")


def reading(time: datetime, device: str = "m", home: str = "a") -> dict[str, Any]:
    return {"installation_id": home, "device_id": device, "time": time}


def interval(start: datetime, end: datetime, meter: str = "m") -> dict[str, Any]:
    return {"installation_id": "a", "meter_id": meter, "start": start, "end": end}


@pytest.mark.parametrize(
    ("of", "record", "expected"),
    [
        (READINGS, reading(START), True),
        (READINGS, reading(UNTIL - timedelta(milliseconds=1), "x"), True),
        (READINGS, reading(UNTIL), False),
        (READINGS, reading(START - timedelta(milliseconds=1)), False),
        (READINGS, interval(START, UNTIL), False),
        (OF_METER, reading(START), True),
        (OF_METER, reading(START, "x"), False),
        (INTERVALS, interval(START, UNTIL), True),
        (INTERVALS, interval(START, UNTIL + timedelta(hours=1)), False),
        (INTERVALS, interval(START - timedelta(hours=1), UNTIL), False),
        (INTERVALS, reading(START), False),
        (INTERVALS._replace(device_id="m"), interval(START, UNTIL, "x"), False),
    ],
)
def test_it_covers_its_topic_device_and_time(of: Retraction, record: dict[str, Any], expected: bool) -> None:
    assert of.covers(record) is expected


def test_what_was_received_before_it_is_refused_and_what_comes_after_stands_above() -> None:
    again = READINGS._replace(retracted_at=AT + timedelta(hours=1), start=START + timedelta(hours=1))
    naive = [each._replace(retracted_at=each.retracted_at.replace(tzinfo=None)) for each in (again, READINGS)]
    catalogue = catalogue_of([Installation("a"), Installation("b")], [], history=History(naive))
    with pytest.raises(Rejected, match="retracted at 2026-03-05T00:00:00Z") as refused:
        catalogue.check_retractions(reading(START), BEFORE)
    assert (refused.value.code, refused.value.installation_id) == ("retracted", "a")
    with pytest.raises(Rejected, match="2026-03-05T01:00:00Z"):
        catalogue.check_retractions(reading(START + timedelta(hours=1)), AFTER)
    catalogue.check_retractions(reading(START), AFTER)
    catalogue.check_retractions(reading(UNTIL), BEFORE)
    catalogue.check_retractions(reading(START, home="b"), BEFORE)
    assert [catalogue.generation(reading(at)) for at in (UNTIL, START, START + timedelta(hours=1))] == [0, 1, 2]
