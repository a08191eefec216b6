"""Files of the batch layer, on whatever file system their URI names (HDFS, or ``file:`` in a test).

Spark's own Hadoop client does the work, so there is one configuration and no second client.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyspark.sql import SparkSession


def _path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    jvm: Any = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def exists(spark: SparkSession, uri: str) -> bool:
    """Whether a file or folder is there."""
    files, path = _path(spark, uri)
    return bool(files.exists(path))


def names(spark: SparkSession, folder: str) -> list[str]:
    """Names inside a folder, sorted; none where the folder is absent."""
    files, path = _path(spark, folder)
    if not files.exists(path):
        return []
    jvm: Any = spark._jvm
    # One text for all: a call a name would make ten years of days cost seconds.
    paths = jvm.org.apache.hadoop.fs.FileUtil.stat2Paths(files.listStatus(path))
    listed = str(jvm.org.apache.commons.lang3.ArrayUtils.toString(paths))
    return sorted(each.rpartition("/")[2] for each in listed.strip("{}").split(",") if each)


def present(spark: SparkSession, folder: str, wanted: Iterable[str]) -> list[str]:
    """Which of the ``wanted`` names are in a folder, sorted."""
    return sorted(set(wanted).intersection(names(spark, folder)))


def delete(spark: SparkSession, uri: str) -> None:
    """Remove a file or a whole folder; nothing where it is absent."""
    files, path = _path(spark, uri)
    files.delete(path, True)


def read_text(spark: SparkSession, uri: str) -> str:
    """A small UTF-8 file, whole."""
    files, path = _path(spark, uri)
    stream = files.open(path)
    try:
        jvm: Any = spark._jvm
        return str(jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
    finally:
        stream.close()


def write_text(spark: SparkSession, uri: str, text: str) -> None:
    """Write a small UTF-8 file so that a reader sees the old one or the new one, never a part."""
    jvm: Any = spark._jvm
    files, path = _path(spark, uri)
    unfinished = jvm.org.apache.hadoop.fs.Path(path.getParent(), f"_{path.getName()}.unfinished")
    stream = files.create(unfinished, True)
    try:
        stream.write(bytearray(text, "utf-8"))
    finally:
        stream.close()
    rename = jvm.org.apache.hadoop.fs.Options.Rename
    overwrite = spark.sparkContext._gateway.new_array(rename, 1)  # type: ignore[union-attr]
    overwrite[0] = rename.OVERWRITE
    context = jvm.org.apache.hadoop.fs.FileContext.getFileContext(
        path.toUri(),
        spark._jsc.hadoopConfiguration(),
    )
    context.rename(unfinished, path, overwrite)
