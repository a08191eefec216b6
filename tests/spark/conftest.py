"""A Spark session without any server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from conf import load_settings
from stack.downloads import jars, java
from store.spark import session


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session of the product's own kind, stopped with its module: later tests make theirs in the same JVM."""
    settings, console = load_settings(), Console(stderr=True)
    java.have(settings, console)
    jars.fetch(settings, "spark", console=console)
    conf = {
        "spark.master": "local[1]",
        "spark.sql.shuffle.partitions": "1",
        # Of one partition there is nothing to learn by which a plan could be made better after each exchange.
        "spark.sql.adaptive.enabled": "false",
        # A database of views has a folder there; HDFS does not run.
        "spark.sql.warehouse.dir": tmp_path_factory.mktemp("warehouse").as_uri(),
    }
    found = session(settings, "unit", **conf)
    yield found
    found.stop()
