"""Which devices and stretches of time a micro-batch of readings touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from energy.records import Rejected
from energy.rows import to_us
from speed_layer.catalogue import Catalogue
from speed_layer.judge import judge
from speed_layer.verdicts import as_messages, messages_in
from speed_layer.windows import runs

SCHEMA = "installation_id string, device_id string, first bigint, last bigint, kafka_partition int, kafka_offset bigint"
_ARROW_SCHEMA = pa.schema(
    [
        ("installation_id", pa.string()),
        ("device_id", pa.string()),
        ("first", pa.int64()),
        ("last", pa.int64()),
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
    ]
)


def touched(messages: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The runs of each device, and one row a Kafka partition with the last offset read.

    Times are microseconds since 1970 UTC. What the readings query refuses touches nothing.
    """
    return as_messages(messages).mapInArrow(_touching(catalogue), SCHEMA)  # type: ignore[arg-type]


def _touching(catalogue: Catalogue) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def touching(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        times: dict[tuple[str, str], set[datetime]] = {}
        last: dict[int, int] = {}
        for message in messages_in(batches):
            last[message.partition] = message.offset
            try:
                reading = judge(message, catalogue)
            except Rejected:
                continue
            times.setdefault((reading["installation_id"], reading["device_id"]), set()).add(reading["time"])
        rows: list[tuple[Any, ...]] = [
            (installation, device, to_us(run.first), to_us(run.last), None, None)
            for (installation, device), at in times.items()
            for run in runs(device, at)
        ]
        rows += [(None, None, None, None, partition, offset) for partition, offset in last.items()]
        if rows:
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, _ARROW_SCHEMA, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=_ARROW_SCHEMA)

    return touching
