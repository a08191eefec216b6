"""A keyspace filled up to now, and the API and the server of SQL that answer from it, for every client of analysts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from conf import Settings, logins
from store import cassandra
from tests.support.analysts import world
from tests.support.analysts.world import Clock
from tests.support.servers.started import started


@pytest.fixture(scope="session")
def clock() -> Clock:
    return world.clock_of(world.now())


@pytest.fixture(scope="session")
def served(stack: Settings, in_keyspace: Callable[[str], Settings], clock: Clock) -> Iterator[Settings]:
    settings = in_keyspace("analysts")
    with cassandra.session(settings) as session:
        world.fill(settings, session, clock)
        session.execute("GRANT SELECT ON KEYSPACE analysts TO solera_analyst")
    kept = logins.password_file(settings, "analyst")
    kept.parent.mkdir()
    shutil.copy(logins.password_file(stack, "analyst"), kept)
    with started(settings, "api"), started(settings, "thrift"):
        yield settings
