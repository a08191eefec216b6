"""A keyspace filled up to now, and the API and the server of SQL that answer from it, for every client of analysts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from conf import Settings, logins
from store import cassandra
from store.schema import apply_schema
from tests.support.analysts import world
from tests.support.analysts.world import Clock, free_port
from tests.support.servers.started import started


@pytest.fixture(scope="session")
def clock() -> Clock:
    return world.clock_of(world.now())


@pytest.fixture(scope="session")
def served(stack: Settings, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = stack.model_copy(
        update={
            "home": tmp_path_factory.mktemp("analysts"),
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "analysts"}),
            "hdfs": stack.hdfs.model_copy(update={"root": "/analysts"}),
            "thrift": stack.thrift.model_copy(update={"port": free_port()}),
            "api": stack.api.model_copy(update={"port": free_port()}),
        }
    )
    apply_schema(settings)
    with cassandra.session(settings) as session:
        world.fill(settings, session, clock)
        session.execute("GRANT SELECT ON KEYSPACE analysts TO solera_analyst")
    kept = logins.password_file(settings, "analyst")
    kept.parent.mkdir()
    shutil.copy(logins.password_file(stack, "analyst"), kept)
    with started(settings, "api"), started(settings, "thrift"):
        yield settings
