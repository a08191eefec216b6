"""The three servers, started once for all integration tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from conf import Settings, logins
from stack.downloads.java import QUICK
from stack.passwords import make_passwords
from stack.services import environment
from stack.up import down, up
from stack.watch import OWNER
from tests.support.servers.apart import apart, without_logins
from tests.support.servers.emptied import empty, serves_alone
from tests.support.servers.in_keyspace import settings_in
from tests.support.speed_world import Job, Views


@pytest.fixture(scope="session")
def stack(settings: Settings) -> Iterator[Settings]:
    """Kafka, Cassandra and HDFS at work under ``settings``; the environment names them to every child too."""
    with servers(settings, is_kept=bool(os.environ.get("SOLERA_TEST_HOME"))) as running:
        yield running


@pytest.fixture(scope="session")
def in_keyspace(stack: Settings, new_ports: Callable[[], int]) -> Callable[[str], Settings]:
    """Gives settings in a keyspace of the given name on the servers of all."""
    return lambda name: settings_in(stack, name, new_ports())


@pytest.fixture(scope="session")
def spare() -> Iterator[list[Settings]]:
    """Servers that a module had for itself and has left empty for the next."""
    left: list[Settings] = []
    yield left
    for each in left:
        down(each)


@pytest.fixture(scope="module")
def own_stack(
    spare: list[Settings], new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The same three servers for one module alone, whose tests count what is in their topics."""
    running = spare.pop() if spare else begun(apart(tmp_path_factory.mktemp("own"), new_ports()))
    with named(running):
        yield running
    try:
        if serves_alone(running):
            empty(running)
            spare.append(running)
    finally:
        if running not in spare:
            down(running)


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


def come_as(stack: Settings, name: str) -> Settings:
    """``stack`` with the login of role ``name``."""
    login = {
        "username": f"{logins.PREFIX}{name}",
        "password": SecretStr(logins.password_file(stack, name).read_text().strip()),
    }
    servers = {server: getattr(stack, server).model_copy(update=login) for server in logins.SERVERS}
    return stack.model_copy(update=servers)


@contextmanager
def servers(settings: Settings, is_kept: bool = False) -> Iterator[Settings]:
    """The three servers at work under ``settings``, which the environment names."""
    running = begun(settings, is_kept)
    try:
        with named(running, is_kept):
            yield running
    finally:
        if not is_kept:
            down(running)


def begun(settings: Settings, is_kept: bool = False) -> Settings:
    """``settings`` as the owner of the servers has them, once these are at work."""
    # The stack's own processes come as their roles; tests, also those with a home of their own, as its owner.
    plain = without_logins(settings)
    make_passwords(plain)
    running = logins.held(plain)
    try:
        with named(running, is_kept), pytest.MonkeyPatch.context() as patch:
            patch.setenv("JDK_JAVA_OPTIONS", " ".join(QUICK))
            up(plain, ["servers"])
    except BaseException:
        if not is_kept:
            down(running)
        raise
    return running


@contextmanager
def named(settings: Settings, is_kept: bool = False) -> Iterator[None]:
    """The environment names ``settings`` to every child, and this process as the one for which a stack runs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        if not is_kept:
            patch.setenv(OWNER, str(os.getpid()))
        yield
