"""A speed job and a Spark session at work on servers that one module has for itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from conf import Settings
from store.spark import session
from tests.support.speed_world import Job


@pytest.fixture(scope="module")
def job(own_stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    started = Job(own_stack, tmp_path_factory.mktemp("speed"))
    started.start()
    yield started
    assert started.stop() == 0, started.log.read_text()[-3000:]


@pytest.fixture(scope="module")
def spark(own_stack: Settings) -> Iterator[SparkSession]:
    running = session(own_stack, "test")
    yield running
    running.stop()
