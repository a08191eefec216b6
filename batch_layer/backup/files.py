"""Files from one file system to another, each with its SHA-256, many at once and none of them in memory.

Spark's own Hadoop client reads and writes: HDFS, a local disk, or an object store that it has a jar for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark.sql import SparkSession

AT_ONCE = 4
DRAFT = ".unfinished"
"""The end of a file's name whose writer was killed, or is still at it."""


def below(spark: SparkSession, folder: str, leave: Collection[str] = ()) -> list[str]:
    """Every file below ``folder`` by its path relative to it, sorted; without drafts, and what lies at ``leave``."""
    found: list[str] = []
    ahead = [""] if _file_system(spark, folder).exists(_path(spark, folder)) else []
    while ahead:
        above = ahead.pop()
        for status in _file_system(spark, folder).listStatus(_path(spark, f"{folder}/{above}")):
            place = f"{above}{status.getPath().getName()}"
            if place in leave or place.endswith(DRAFT):
                continue
            if status.isDirectory():
                ahead.append(f"{place}/")
            else:
                found.append(place)
    return sorted(found)


def copy_all(spark: SparkSession, places: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Copy each file (URI to URI); yields each target and its SHA-256 once it has been copied."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(places.values(), pool.map(lambda pair: copy(spark, *pair), places.items()), strict=True)


def copy(spark: SparkSession, source: str, target: str) -> str:
    """Copy one file over what stands there; its SHA-256."""
    return _digest_into(spark, source, _file_system(spark, target).create(_path(spark, target), True))


def digests(spark: SparkSession, places: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The SHA-256 of each file."""
    listed = list(places)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(listed, pool.map(lambda place: _digest_into(spark, place, None), listed), strict=True)


def _digest_into(spark: SparkSession, source: str, target: Any) -> str:
    jvm: Any = spark._jvm
    digest = jvm.java.security.MessageDigest.getInstance("SHA-256")
    opened = _file_system(spark, source).open(_path(spark, source))
    stream = jvm.java.security.DigestInputStream(opened, digest)
    sink = jvm.java.io.OutputStream.nullOutputStream() if target is None else target
    jvm.org.apache.hadoop.io.IOUtils.copyBytes(stream, sink, spark._jsc.hadoopConfiguration(), True)
    return str(jvm.org.apache.commons.codec.binary.Hex.encodeHexString(digest.digest()))


def _path(spark: SparkSession, uri: str) -> Any:
    jvm: Any = spark._jvm
    return jvm.org.apache.hadoop.fs.Path(uri)


def _file_system(spark: SparkSession, uri: str) -> Any:
    files = _path(spark, uri).getFileSystem(spark._jsc.hadoopConfiguration())
    if files.getScheme() == "file":
        # The manifest's digests tell damage by the file's name; a local disk's own sums would be files beside.
        files.setWriteChecksum(False)
        files.setVerifyChecksum(False)
    return files
