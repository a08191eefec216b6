"""The ports of a Spark session ask for a secret, and Spark's own calls still come through."""

from __future__ import annotations

from pathlib import Path

import psutil
from pyspark.sql import DataFrame, SparkSession

from tests.support.doors.ports import RPC_REQUEST, framed, greeted, let_in, listening


def session_ports() -> dict[int, tuple[str, str, str]]:
    """The ports of this process, its Java and its workers."""
    here = psutil.Process()
    return listening([("this", here), *(("child", each) for each in here.children(recursive=True))])


def test_python_is_called_back_by_java_and_by_nobody_else(spark: SparkSession, tmp_path: Path) -> None:
    seen: list[int] = []

    def note(_: DataFrame, batch: int) -> None:
        seen.append(batch)

    for name in ("first", "second"):
        source = spark.readStream.format("rate").load()
        query = source.writeStream.foreachBatch(note).option("checkpointLocation", (tmp_path / name).as_uri())
        query.trigger(once=True).start().awaitTermination()
    assert seen == [0, 0]
    own = [port for port, (name, _, _) in session_ports().items() if name == "this"]
    assert own
    assert let_in(own) == []


def test_no_port_of_a_session_lets_a_stranger_in(spark: SparkSession) -> None:
    assert spark.range(3).count() == 3
    found = session_ports()
    assert len(found) >= 3
    assert let_in(found) == []
    java = [port for port, (_, program, _) in found.items() if program == "java"]
    assert sum(b"SaslMessage" in greeted(port, framed(RPC_REQUEST, b"who")) for port in java) >= 2
