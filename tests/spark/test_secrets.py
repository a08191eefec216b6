"""The ports of a Spark session ask for a secret."""

from __future__ import annotations

import psutil
from pyspark.sql import SparkSession

from tests.support.doors.ports import RPC_REQUEST, framed, greeted, let_in, listening


def session_ports() -> dict[int, tuple[str, str, str]]:
    """The ports of this process, its Java and its workers."""
    here = psutil.Process()
    return listening([("this", here), *(("child", each) for each in here.children(recursive=True))])


def test_no_port_of_a_session_lets_a_stranger_in(spark: SparkSession) -> None:
    assert spark.range(3).count() == 3
    found = session_ports()
    assert len(found) >= 3
    assert let_in(found) == []
    java = [port for port, (_, program, _) in found.items() if program == "java"]
    assert sum(b"SaslMessage" in greeted(port, framed(RPC_REQUEST, b"who")) for port in java) >= 2
