"""Files of the batch layer, on whatever file system their URI names (HDFS, or ``file:`` in a test).

Spark's own Hadoop client does the work, so there is one configuration and no second client.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
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
    return sorted(each.rpartition("/")[2] for each in _listed(spark, files.listStatus(path)))


def matching(spark: SparkSession, pattern: str) -> list[str]:
    """URIs of the files and folders whose paths match the ``pattern``, in which ``*`` stands for any name; sorted."""
    files, path = _path(spark, pattern)
    return sorted(_listed(spark, files.globStatus(path)))


def _listed(spark: SparkSession, statuses: Any) -> list[str]:
    jvm: Any = spark._jvm
    # One text for all: a call a name would make ten years of days cost seconds.
    paths = jvm.org.apache.hadoop.fs.FileUtil.stat2Paths(statuses)
    listed = str(jvm.org.apache.commons.lang3.ArrayUtils.toString(paths))
    return [each for each in listed.strip("{}").split(",") if each]


def present(spark: SparkSession, folder: str, wanted: Iterable[str]) -> list[str]:
    """The ``wanted`` names that are in a folder, sorted."""
    return sorted(set(wanted).intersection(names(spark, folder)))


def size(spark: SparkSession, uri: str) -> int:
    """Bytes of a file, or of all files below a folder."""
    files, path = _path(spark, uri)
    return int(files.getContentSummary(path).getLength())


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
    _, path = _path(spark, uri)
    _rename(spark, _unfinished(spark, uri, f"_{path.getName()}.unfinished", text), path, "OVERWRITE")


def create_text(spark: SparkSession, uri: str, text: str) -> bool:
    """Write a small UTF-8 file whole where there is none yet; False where there is one. Of several, one succeeds."""
    files, path = _path(spark, uri)
    unfinished = _unfinished(spark, uri, f"_{path.getName()}.{uuid.uuid4().hex}.unfinished", text)
    if _moved(spark, unfinished, path):
        return True
    files.delete(unfinished, False)
    return False


def move(spark: SparkSession, uri: str, to: str) -> bool:
    """Give a file or folder another name, in a folder that may be new; False where it is gone or the name is taken."""
    files, target = _path(spark, to)
    files.mkdirs(target.getParent())
    return _moved(spark, _path(spark, uri)[1], target)


def modified(spark: SparkSession, uri: str) -> datetime | None:
    """The time at which a file was last written or touched, UTC; None where it is absent."""
    files, path = _path(spark, uri)
    if not files.exists(path):
        return None
    return datetime.fromtimestamp(files.getFileStatus(path).getModificationTime() / 1000, timezone.utc)


def touch(spark: SparkSession, uri: str, at: datetime) -> None:
    """Let a file have been modified ``at`` (UTC); nothing where it is absent."""
    files, path = _path(spark, uri)
    if files.exists(path):
        files.setTimes(path, round(at.timestamp() * 1000), -1)


def _unfinished(spark: SparkSession, uri: str, name: str, text: str) -> Any:
    files, path = _path(spark, uri)
    jvm: Any = spark._jvm
    unfinished = jvm.org.apache.hadoop.fs.Path(path.getParent(), name)
    stream = files.create(unfinished, True)
    try:
        stream.write(bytearray(text, "utf-8"))
    finally:
        stream.close()
    return unfinished


def _moved(spark: SparkSession, path: Any, to: Any) -> bool:
    try:
        _rename(spark, path, to, "NONE")
    except Py4JJavaError as error:
        name = str(error.java_exception.getClass().getSimpleName())
        if name in ("FileAlreadyExistsException", "FileNotFoundException"):
            return False
        raise
    return True


def _rename(spark: SparkSession, path: Any, to: Any, option: str) -> None:
    jvm: Any = spark._jvm
    rename = jvm.org.apache.hadoop.fs.Options.Rename
    options = spark.sparkContext._gateway.new_array(rename, 1)  # type: ignore[union-attr]
    options[0] = getattr(rename, option)
    configuration = spark._jsc.hadoopConfiguration()
    context = jvm.org.apache.hadoop.fs.FileContext.getFileContext(to.toUri(), configuration)
    context.rename(path, to, options)
