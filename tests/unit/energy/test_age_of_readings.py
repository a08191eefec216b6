"""A reading of a clock that has fallen back is refused; a replay may bring any age; other topics are of any age."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from energy.topics import BEHIND, EARLIEST, TOPICS, Rejected
from store.instants import rfc3339

NOW = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
MAKERS_DATES = [EARLIEST, datetime(2010, 1, 1, tzinfo=timezone.utc), datetime(2026, 1, 1, tzinfo=timezone.utc)]


def payload(at: datetime) -> bytes:
    fields = {"installation_id": "a", "device_id": "m", "device_kind": "meter", "source": "t", "import_power_w": 1.0}
    return json.dumps({**fields, "time": rfc3339(at)}).encode()


@pytest.mark.parametrize("at", [*MAKERS_DATES, NOW - BEHIND - SECOND])
def test_an_old_reading_is_refused_unless_it_is_replayed(at: datetime) -> None:
    with pytest.raises(Rejected, match="lies more than 40 days before its arrival") as refused:
        TOPICS["readings"].parse(payload(at), NOW)
    assert refused.value.code == "time"
    assert TOPICS["readings"].parse(payload(at), NOW, is_replayed=True)["time"] == at


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=10), BEHIND])
def test_what_a_gateway_may_have_kept_is_accepted(age: timedelta) -> None:
    assert TOPICS["readings"].parse(payload(NOW - age), NOW)["time"] == NOW - age


def test_a_replay_may_neither_lie_ahead_nor_before_2000() -> None:
    for at in (NOW + timedelta(hours=1), EARLIEST - SECOND):
        with pytest.raises(Rejected):
            TOPICS["readings"].parse(payload(at), NOW, is_replayed=True)


def test_other_topics_hold_history() -> None:
    assert [topic.name for topic in TOPICS.values() if topic.behind is not None] == ["readings"]
