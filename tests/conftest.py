"""What every test may ask for: settings of its own home, folders and ports."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from conf import Settings, load_settings
from stack.downloads.java import QUICK
from tests.support.servers.ports import free_offset

# Examples have no deadline: on a busy machine any of them may take long. A commit passes or fails every time alike;
# `make laws` draws others each time.
hypothesis.settings.register_profile("alike", deadline=None, derandomize=True)
hypothesis.settings.register_profile("drawn", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Ctrl-C ends what a test starts: a shell has what runs in its background ignore it, and children inherit that.

    Spark's sessions live for minutes over a few rows, in which its compiler's second tier takes more time than it
    saves.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.load_profile(config.getoption("--hypothesis-profile") or "alike")
    os.environ.setdefault("SPARK_SUBMIT_OPTS", " ".join(QUICK))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home and ports that no other stack uses; downloads are shared.

    ``SOLERA_TEST_HOME`` (with ``SOLERA_PORT_OFFSET``) names a stack that runs already and is left running.
    """
    kept = os.environ.get("SOLERA_TEST_HOME")
    if kept:
        return load_settings(home=Path(kept))
    return load_settings(home=tmp_path_factory.mktemp("solera"), port_offset=free_offset())


@pytest.fixture(scope="session")
def new_ports() -> Callable[[], int]:
    """Gives a port offset for a stack of one's own."""
    return free_offset


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in a folder that needs servers says so by its mark, and who needs them alone."""
    for item in items:
        if "own_stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.own_servers)
        if "unit" not in item.path.relative_to(Path(__file__).parent).parts:
            item.add_marker(pytest.mark.servers)
