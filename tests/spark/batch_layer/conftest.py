"""A Spark session without any server, and settings whose HDFS is a folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from batch_layer.runs import Run
from conf import Settings, load_settings
from conf.spark import session
from stack import jars, java


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A session of the product's own kind, stopped with its module: later tests make theirs in the same JVM."""
    settings, console = load_settings(), Console(stderr=True)
    java.have(settings, console)
    jars.fetch(settings, "spark", console=console)
    found = session(settings, "unit", **{"spark.master": "local[1]", "spark.sql.shuffle.partitions": "1"})
    yield found
    found.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = load_settings(home=tmp_path / "home")
    return plain.model_copy(update={"hdfs": plain.hdfs.model_copy(update={"uri": f"file://{tmp_path}/hdfs"})})


@pytest.fixture
def night() -> Run:
    instant = datetime(2026, 3, 10, 0, 5, tzinfo=timezone.utc)
    return Run("20260310T000500Z", instant, instant.replace(minute=0))
