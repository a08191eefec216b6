"""The validated batch as columns: each Kafka partition goes in as messages and comes out as rows.

One pass in the Python worker does it all (validate, look up, tell repeats, pick the latest state), so a batch is
evaluated once. Rows are of three kinds: ``accepted`` (one merged reading of a device and instant),
``quarantined`` and one ``summary`` a task, which carries the counts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from conf import Settings
from energy.energy_row import to_us
from energy.topics import Rejected
from speed_layer.lookups import store
from speed_layer.readings_query.columns import FIELDS, SCHEMA, columns
from speed_layer.readings_query.duplicates import Classified, Device, Key, Position, Stored, classify, may_be_stored
from speed_layer.readings_query.latest_state import latest
from speed_layer.readings_query.summary import summarise
from speed_layer.readings_query.validate import Message, validate_with_dropped
from store.catalogue import Catalogue
from store.messages import ARROW_RECORDS, bounded
from store.quarantine import Refused

ROWS_PER_ARROW_BATCH = 10_000
_DAY_US = 86_400_000_000

Batches = Iterator[pa.RecordBatch]


def validated_messages(
    messages: DataFrame,
    catalogue: Catalogue,
    newest: Mapping[Device, datetime],
    cut: datetime | None,
    settings: Settings,
) -> DataFrame:
    """The validated micro-batch of topic ``readings``, not yet evaluated.

    ``newest`` is the time of each device's latest state, ``cut`` the published cut, both in UTC.
    """
    return as_messages(messages).mapInArrow(validating(catalogue, newest, cut, settings), SCHEMA)  # type: ignore[arg-type]


def as_messages(source: DataFrame) -> DataFrame:
    """Rows of the Kafka source as columns of :class:`Message`; what is too large to be taken is cut short.

    In no more tasks than run at once: a task costs more than the few messages of a live batch's partition.
    """
    source = source.coalesce(source.sparkSession.sparkContext.defaultParallelism)
    return bounded(source)


def messages_in(batches: Iterable[pa.RecordBatch]) -> Iterator[Message]:
    """The messages of Arrow batches, in the order of the log."""
    for batch in batches:
        yield from map(Message, *(column.to_pylist() for column in batch.columns))


def validating(
    catalogue: Catalogue, newest: Mapping[Device, datetime], cut: datetime | None, settings: Settings
) -> Callable[[Batches], Batches]:
    """The function that turns a task's Arrow batches of messages into Arrow batches of :data:`SCHEMA`."""

    def validate_messages(batches: Batches) -> Batches:
        taken: list[tuple[Position, dict[str, Any]]] = []
        refused: list[tuple[Message, Refused]] = []
        without: list[tuple[Message, Refused]] = []
        reasons: list[Refused] = []
        positions: list[Position] = []
        with uncollected():
            for message in messages_in(batches):
                position = message.partition, message.offset
                positions.append(position)
                try:
                    reading, dropped = validate_with_dropped(message, catalogue)
                    taken.append((position, reading))
                    if dropped:
                        without.append((message, _without(message, reading, dropped)))
                except Rejected as rejected:
                    refused.append((message, Refused.of(rejected, message.payload, message.size)))
                    reasons.append(refused[-1][1]._replace(payload=None))
                    if len(refused) == ARROW_RECORDS:
                        yield _quarantined(refused)
                        refused = []
            asked = may_be_stored((reading for _, reading in taken), newest)
            result = classify(taken, store(settings).at(asked) if asked else {})
            yield from _accepted(result, catalogue)
            if refused or without:
                yield _quarantined([*refused, *without])
            if positions:
                summary = summarise(positions, result, reasons, cut)
                yield columns({"summary": [summary.to_json()]}, "summary")

    return validate_messages


@contextmanager
def uncollected() -> Iterator[None]:
    """A block without garbage collection.

    Of hundreds of thousands of objects without a cycle among them, looking for one costs a quarter of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _accepted(result: Classified, catalogue: Catalogue) -> Batches:
    # By device and time, so that the connector fills its batches of one Cassandra partition.
    ordered = _in_order(result.rows)
    having = set().union(*(row.reading for row in result.rows.values()))
    present = pa.struct([field for field in FIELDS if field.name in having])
    needed = latest((at, result.rows[at].reading) for at in reversed(ordered))
    for first in range(0, len(ordered), ROWS_PER_ARROW_BATCH):
        keys = ordered[first : first + ROWS_PER_ARROW_BATCH]
        rows = [result.rows[at] for at in keys]
        times = [to_us(time) for *_, time in keys]
        # Arrow walks the readings' fields itself, in less than half the time of a list a column.
        fields = pa.array([row.reading for row in rows], present)
        data: dict[str, Any] = dict(zip((field.name for field in present), fields.flatten(), strict=True))
        data |= {
            "time": times,
            "write_time": _write_times(times, rows, catalogue),
            "day": [time // _DAY_US for time in times],
            "is_state": [at in needed for at in keys],
            "kafka_partition": [row.position[0] for row in rows],
            "kafka_offset": [row.position[1] for row in rows],
        }
        yield columns(data, "accepted")


def _write_times(times: list[int], rows: list[Stored], catalogue: Catalogue) -> list[int]:
    """The event times in microseconds, one more for each time that the reading's instant was retracted.

    Times are whole milliseconds in the tables, so what was removed can't hide what comes after, nor the next instant.
    """
    if not catalogue.retractions:
        return times
    return [at + catalogue.generation(row.reading) for at, row in zip(times, rows, strict=True)]


def _without(message: Message, reading: Mapping[str, Any], dropped: Mapping[str, str]) -> Refused:
    """The row of quarantine of a reading that is accepted without some of its fields."""
    why = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
    rejected = Rejected(f"without {why}; the rest is accepted", "field", reading["installation_id"])
    return Refused.of(rejected, message.payload, message.size)


def _quarantined(refused: list[tuple[Message, Refused]]) -> pa.RecordBatch:
    whys = zip(*(why for _, why in refused), strict=True)
    data: dict[str, Any] = dict(zip(Refused._fields, whys, strict=True))
    data |= {
        "kafka_partition": [message.partition for message, _ in refused],
        "kafka_offset": [message.offset for message, _ in refused],
        "received_at": [message.received_us for message, _ in refused],
    }
    return columns(data, "quarantined")


def _in_order(keys: Iterable[Key]) -> list[Key]:
    """``keys`` sorted; a device at a time, for each device's come almost in order."""
    by_device: dict[Device, list[Key]] = {}
    for each in keys:
        by_device.setdefault(each[:2], []).append(each)
    return [each for device in sorted(by_device) for each in sorted(by_device[device])]
