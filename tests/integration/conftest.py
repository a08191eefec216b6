"""The three servers, started once for all integration tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from conf import Settings, load_settings, logins
from stack.passwords import make_passwords
from stack.services import environment
from stack.up import down, up
from stack.watch import OWNER
from tests.support.speed_world import Job, Views


@pytest.fixture(scope="session")
def stack(settings: Settings) -> Iterator[Settings]:
    """Kafka, Cassandra and HDFS at work under ``settings``; the environment names them to every child too."""
    yield from servers(settings)


@pytest.fixture(scope="module")
def own_stack(new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The same three servers for one module alone, whose tests count what is in their topics."""
    yield from servers(load_settings(home=tmp_path_factory.mktemp("own"), port_offset=new_ports()))


@pytest.fixture(scope="module")
def job(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """The speed job at work on the servers of the module, ended with it in good order."""
    started = Job(stack, tmp_path_factory.mktemp("job"))
    started.start()
    yield started
    if started.alive:
        assert started.stop() == 0


@pytest.fixture(scope="module")
def views(stack: Settings) -> Views:
    """What the speed layer has written to the servers of the module."""
    return Views(stack)


def without_logins(settings: Settings) -> Settings:
    """``settings`` that name no account, whatever another stack of these tests has put into the environment."""
    nobody = {"username": "", "password": SecretStr("")}
    return settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update=nobody),
            "cassandra": settings.cassandra.model_copy(update=nobody),
        }
    )


def come_as(stack: Settings, name: str) -> Settings:
    """``stack`` with the login of role ``name``."""
    login = {
        "username": f"{logins.PREFIX}{name}",
        "password": SecretStr(logins.password_file(stack, name).read_text().strip()),
    }
    servers = {server: getattr(stack, server).model_copy(update=login) for server in logins.SERVERS}
    return stack.model_copy(update=servers)


def servers(settings: Settings) -> Iterator[Settings]:
    make_passwords(settings)
    # The stack's own processes come as their roles; tests, also those with a home of their own, as its owner.
    plain = without_logins(settings)
    settings = logins.held(plain)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        if os.environ.get("SOLERA_TEST_HOME"):
            up(plain, ["servers"])
            yield settings
            return
        patch.setenv(OWNER, str(os.getpid()))
        try:
            up(plain, ["servers"])
            yield settings
        finally:
            down(settings)
