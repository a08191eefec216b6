"""A session is its own cookie's alone, ends, and dies with the owner's token."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_layer.access import sessions
from serving_layer.access.person import Person
from serving_layer.access.sessions import Sessions, read

SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)
ANA, BO = (Person(name, f"hash of {name}", SINCE, "member") for name in ("ana", "bo.of-home"))
KEPT = Sessions("secret")


def counts(cookie: str, person: Person, kept: Sessions = KEPT) -> bool:
    session = read(cookie)
    return session is not None and kept.counts(session, person)


def test_a_session_is_that_of_who_began_it() -> None:
    for person, other in ((ANA, BO), (BO, ANA)):
        cookie = KEPT.begin(person)
        assert counts(cookie, person)
        assert not counts(cookie, other)
        assert not counts(cookie, person, Sessions("another secret"))


@given(st.integers(0, 200), st.characters(codec="utf-8") | st.just(""))
def test_a_cookie_that_was_changed_counts_no_more(at: int, by: str) -> None:
    cookie = KEPT.begin(ANA)
    changed = cookie[: at % len(cookie)] + by + cookie[at % len(cookie) + 1 :]
    said = read(changed)
    assert counts(changed, ANA) == (said is not None and said == read(cookie))


@given(st.text())
def test_any_text_is_no_session(text: str) -> None:
    assert not counts(text, ANA)


def test_a_session_ends_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1e9
    monkeypatch.setattr("serving_layer.access.sessions.time.time", lambda: clock)
    cookie = KEPT.begin(ANA)
    for later, is_in in ((0, True), (sessions.LASTS_SECONDS - 1, True), (sessions.LASTS_SECONDS, False)):
        clock = 1e9 + later
        assert counts(cookie, ANA) == is_in


def test_who_logs_out_is_out_whoever_has_kept_the_cookie() -> None:
    kept = Sessions("secret")
    cookie = kept.begin(ANA)
    session = read(cookie)
    assert session is not None
    kept.end(session)
    assert not counts(cookie, ANA, kept)
    assert counts(Sessions("secret").begin(BO), BO, kept)
