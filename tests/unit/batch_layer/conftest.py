"""A Spark session without any server, and settings whose HDFS is a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from batch_layer.runs import Run
from conf import Settings, load_settings


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[1]")
        .appName("unit")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = load_settings(home=tmp_path / "home")
    return plain.model_copy(update={"hdfs": plain.hdfs.model_copy(update={"uri": f"file://{tmp_path}/hdfs"})})


@pytest.fixture
def night() -> Run:
    instant = datetime(2026, 3, 10, 0, 5, tzinfo=timezone.utc)
    return Run("20260310T000500Z", instant, instant.replace(minute=0))
