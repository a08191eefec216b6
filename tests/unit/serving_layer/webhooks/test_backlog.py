"""What waits is tried with growing pauses for a day, in order, and is on disk the whole time."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from serving_layer.webhooks import backlog
from serving_layer.webhooks.backlog import FIRST_PAUSE, KEPT, LONGEST_PAUSE, MOST, Backlog, Delivery, pause
from serving_layer.webhooks.check import check
from serving_layer.webhooks.news import Key

NOW = datetime(2026, 11, 26, 12, 0, 0, 5000, tzinfo=timezone.utc)


def deliveries(*names: str, installation: str = "home", since: datetime = NOW) -> list[Delivery]:
    return [Delivery(name, installation, f"body {name}", since) for name in names]


def ids(known: Backlog) -> list[str]:
    return [each.id for each in known.waiting]


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [pause(n) for n in range(1, 12)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause(10**6) == LONGEST_PAUSE


def test_a_failure_lets_all_wait_and_a_delivery_sends_the_next_at_once() -> None:
    known = Backlog(NOW).noted(frozenset(), deliveries("a", "b"), NOW)
    assert known.is_due(NOW)
    failed = known.after_failure("answered 500", NOW)
    assert (failed.is_due(NOW), failed.is_due(NOW + FIRST_PAUSE), failed.error) == (False, True, "answered 500")
    taken = failed.after_delivery(NOW + FIRST_PAUSE)
    assert (ids(taken), taken.is_due(NOW + FIRST_PAUSE), taken.error, taken.delivered) == (["b"], True, "", 1)
    assert taken.after_failure("answered 500", NOW).next_at == NOW + FIRST_PAUSE


def test_it_is_tried_for_a_day_and_then_given_up_and_counted() -> None:
    known = Backlog(NOW).noted(frozenset(), deliveries("a"), NOW)
    now, tries = NOW, 0
    while known.waiting:
        assert known.is_due(now)
        known, tries = known.after_failure("no answer", now), tries + 1
        now = known.next_at or now
    assert KEPT <= now - NOW <= KEPT + 2 * LONGEST_PAUSE
    assert (known.given_up, 90 < tries < 120) == (1, True)


def test_the_newest_are_kept_where_too_many_wait_and_none_twice() -> None:
    known = Backlog(NOW).noted(frozenset(), deliveries("a", "a2"), NOW)
    known = known.noted(frozenset(), deliveries("a2", "b"), NOW)
    assert ids(known) == ["a", "a2", "b"]
    known = known.noted(frozenset(), deliveries(*map(str, range(MOST))), NOW)
    assert (len(known.waiting), known.given_up, ids(known)[0]) == (MOST, 3, "0")


def test_what_its_owner_may_see_no_more_is_let_go() -> None:
    announced = frozenset({Key("home", "", "silent", NOW), Key("other", "", "silent", NOW)})
    waiting = [*deliveries("a"), *deliveries("b", installation="other")]
    known = Backlog(NOW).noted(announced, waiting, NOW).only_of({"home"})
    assert (ids(known), {each.installation_id for each in known.announced}) == (["a"], {"home"})


def test_one_that_has_ended_sends_nothing_more() -> None:
    ended = Backlog(NOW).noted(frozenset(), deliveries("a"), NOW).ended("answered 410")
    assert (ended.waiting, ended.is_due(NOW + KEPT), ended.error) == ((), False, "answered 410")


def test_it_is_the_same_when_read_again_and_nobody_elses(tmp_path: Path) -> None:
    announced = frozenset({Key("home", "inverter", "silent", NOW)})
    known = Backlog(NOW).noted(announced, deliveries("a", "b"), NOW).after_delivery(NOW).after_failure("no answer", NOW)
    path = tmp_path / "webhooks" / "1f.json"
    backlog.write(path, known)
    assert backlog.read(path) == known
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert check(path.parent) == (
        "1 webhook(s), 1 of which fail: `solera webhook list`, 1 deliveries wait",
        {"webhook_deliveries_waiting": 1, "webhook_deliveries_given_up": 0},
    )


@pytest.mark.parametrize("content", ["", "{}", "[", '{"looked": 5, "announced": 7}'])
def test_a_damaged_one_is_set_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "1f.json"
    path.write_text(content)
    assert backlog.read(path) is None
    assert [each.read_text() for each in tmp_path.iterdir() if "damaged" in each.name] == [content]
