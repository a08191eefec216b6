"""The agreement that is kept holds whole until the next one does, wherever the keeping of that one is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from conf import Settings
from energy.calendar import MADRID
from energy.money.community.agreement import ONE, Agreement, Version, agreement
from ingest.catalogue import agreement as keeping
from serving_layer.reader import Reader
from serving_layer.views.money import kept_agreement
from serving_layer.views.money.community import NotShared
from store import cassandra, schema

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, timezone.utc)
SINCE = date(2026, 1, 1)


def constant(**betas: int) -> Agreement:
    return agreement([Version(SINCE, betas)], MADRID, "consecutive")


FIRST, SECOND, THIRD = constant(a=ONE), constant(b=300_000, c=700_000), constant(a=500_000, c=500_000)


class Killed(BaseException):
    """The process ends here."""


class Dying:
    """A session whose process is killed before the statement that begins with ``word``."""

    def __init__(self, session: Any, word: str) -> None:
        self._session, self._word = session, word

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def execute(self, statement: Any, *values: Any) -> Any:
        if isinstance(statement, str) and statement.startswith(self._word):
            raise Killed
        return self._session.execute(statement, *values)


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Settings:
    settings = in_keyspace("kept")
    schema.apply_schema(settings)
    return settings


@pytest.fixture
def session(served: Settings) -> Iterator[Any]:
    with cassandra.session(served) as running:
        running.execute("TRUNCATE agreement", timeout=60)
        yield running


def held(served: Settings) -> Agreement:
    """What a reader finds that has not asked before."""
    with closing(Reader(served)) as reader:
        found = kept_agreement.kept(reader, "valle").agreement
        assert kept_agreement.members(reader, "valle") == list(found.members)
    return found


def test_the_one_before_holds_until_the_next_is_whole(
    served: Settings, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotShared, match="No agreement of valle is kept"):
        held(served)
    keeping.keep(session, "valle", "roof", FIRST, NOW)
    assert held(served) == FIRST

    def some(running: Any, insert: Any, rows: list[Any], _: int) -> None:
        running.execute(insert, rows[0])
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "execute_concurrent_with_args", some)
        with pytest.raises(Killed):
            keeping.keep(session, "valle", "roof", SECOND, NOW + timedelta(hours=1))
    assert held(served) == FIRST
    with pytest.raises(Killed):
        keeping.keep(Dying(session, "UPDATE"), "valle", "roof", SECOND, NOW + timedelta(hours=2))
    assert held(served) == FIRST
    with pytest.raises(Killed):
        keeping.keep(Dying(session, "DELETE"), "valle", "roof", SECOND, NOW + timedelta(hours=3))
    assert held(served) == SECOND

    assert keeping.keep(session, "valle", "roof", THIRD, NOW) == 2, "a clock that was put back counts on"
    assert held(served) == THIRD
    kept = {row.kept_at for row in session.execute("SELECT kept_at FROM agreement WHERE community_id = 'valle'")}
    assert len(kept) == 2, "that one, and the one before for who reads it yet"


def test_the_later_of_two_that_are_kept_at_once_counts(served: Settings, session: Any) -> None:
    keeping.keep(session, "valle", "roof", FIRST, NOW)

    class Overtaken(Dying):
        def execute(self, statement: Any, *values: Any) -> Any:
            if isinstance(statement, str) and statement.startswith("UPDATE"):
                keeping.keep(session, "valle", "roof", THIRD, NOW + timedelta(hours=2))
            return self._session.execute(statement, *values)

    keeping.keep(Overtaken(session, ""), "valle", "roof", SECOND, NOW + timedelta(hours=1))
    assert held(served) == THIRD
