"""Registers of each device by a micro-batch of readings, and so the stretches of time that it affects."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from energy.balance import Register, registers
from energy.energy_row import to_us
from energy.limits import UNLIMITED, Limits
from energy.topics import Rejected
from speed_layer.readings_query.validate import validate
from speed_layer.readings_query.validated_batch import as_messages, messages_in, uncollected
from store.catalogue import Catalogue

_ARROW_SCHEMA = pa.schema(
    [
        ("installation_id", pa.string()),
        ("registers", pa.binary()),
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("messages", pa.int64()),
    ]
)
SCHEMA = from_arrow_schema(_ARROW_SCHEMA)


def affected(messages: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The registers of each installation, and one row a Kafka partition: its last offset and count of messages.

    ``registers`` is a pickled list of :class:`energy.balance.Register`, which Spark carries unopened. A device without
    a register stands there as one of no quantity. A message that the readings query refuses affects nothing.
    """
    return as_messages(messages).mapInArrow(_affecting(catalogue), SCHEMA)  # type: ignore[arg-type]


def affecting_registers(readings: list[dict[str, Any]], limits: Limits) -> Iterator[Register]:
    """The registers of one installation's ``readings``; of a device without any the times alone."""
    found = list(registers(readings, limits))
    yield from found
    having = {register.device_id for register in found}
    silent: dict[str, set[int]] = {}
    for reading in readings:
        if reading["device_id"] not in having:
            silent.setdefault(reading["device_id"], set()).add(to_us(reading["time"]))
    for device, times in silent.items():
        yield Register(device, "", sorted(times), [], [], None)


def _affecting(catalogue: Catalogue) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def affecting(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        readings: dict[str, list[dict[str, Any]]] = {}
        last: dict[int, int] = {}
        count: Counter[int] = Counter()
        with uncollected():
            for message in messages_in(batches):
                last[message.partition] = message.offset
                count[message.partition] += 1
                try:
                    reading = validate(message, catalogue)
                except Rejected:
                    continue
                readings.setdefault(reading["installation_id"], []).append(reading)
        rows: list[dict[str, Any]] = [
            {
                "installation_id": name,
                "registers": pickle.dumps([*affecting_registers(of, catalogue.limits.get(name, UNLIMITED))]),
            }
            for name, of in readings.items()
        ]
        rows += [{"kafka_partition": p, "kafka_offset": offset, "messages": count[p]} for p, offset in last.items()]
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=_ARROW_SCHEMA)

    return affecting
