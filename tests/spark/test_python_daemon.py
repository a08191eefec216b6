"""Python workers start their tasks without reading an archive's directory."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from zipimport import zipimporter

from pyspark.sql import SparkSession


def archives(_: Iterable[int]) -> Iterator[str]:
    yield from (path for path, finder in sys.path_importer_cache.items() if isinstance(finder, zipimporter))


def test_no_worker_imports_from_an_archive(spark: SparkSession) -> None:
    assert spark.sparkContext.parallelize([0], 1).mapPartitions(archives).collect() == []
