"""The four topics: how each carries its records, and how a message becomes one.

A message is JSON in UTF-8. :meth:`Topic.parse` turns its bytes into a plain dict or raises :class:`Rejected` with a
reason fit for a person. It looks at nothing but its arguments, so speed and batch layer validate alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from energy.columns import optional_fields, sql_columns
from energy.records import Interval, MarketPrice, Reading, Weather

MAX_PAYLOAD_BYTES = 65_536
"""A reading with every field is below 4 KB; what is larger is refused, and no layer opens it."""
EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
AHEAD = timedelta(minutes=10)
"""The time by which the clock of a service may run ahead of the broker's."""
READING_AHEAD = timedelta(minutes=1)
"""The time by which a reading may lie ahead of its arrival: until it has come it hides the true ones from the state."""
BEHIND = timedelta(days=40)
"""The age up to which a reading is taken: the stream's store keeps no more. A clock that has fallen back to its
maker's date says much less, and what is older on purpose comes by a replay."""
QUARANTINE = "quarantine"
"""The topic of what was refused of the others."""
REPLAYED = "replayed"
"""Header of a message that somebody has replayed: it may be of any age."""
FORECAST_AHEAD = timedelta(days=400)
"""The time by which a forecast's hour or a price's period may lie ahead."""
LONGEST_INTERVAL = timedelta(days=400)
"""A year's bill, with the weeks by which a reading of the meter may be late."""
OUT_OF_RANGE = frozenset(
    {"greater_than_equal", "less_than_equal", "finite_number", "int_type", "string_too_short", "string_too_long"}
)
"""pydantic's names for a value outside its field's range: a number too great or small, NaN, a code with decimals, a
text of no or too many signs."""

_BELOW_ZERO = re.compile(rb":\s*-")

TopicName = Literal["readings", "intervals", "weather", "prices"]


Reason = Literal[
    "malformed",
    "too large",
    "time",
    "unknown installation",
    "unknown device",
    "foreign device",
    "foreign writer",
    "retracted",
    "field",
]
"""The reason why a message is refused, as a code; ``field``: a side field alone is, and the rest is accepted."""


class Rejected(ValueError):
    """A message is refused; the text is the reason, for the quarantine and its reader."""

    def __init__(self, text: str, code: Reason = "malformed", installation_id: str | None = None) -> None:
        super().__init__(text)
        self.code: Reason = code
        self.installation_id = installation_id
        """The installation that the refusal is about, where it is about one."""


@dataclass(frozen=True)
class Topic:
    """A topic of Kafka and the records it carries."""

    name: TopicName
    record: Any
    """The TypedDict of one record."""
    key: tuple[str, ...]
    """Two records with equal values of these fields speak of the same thing."""
    event_time: str
    """The field whose UTC day is the record's ``event_day``."""
    ahead: Mapping[str, timedelta]
    """Every time field, and how far ahead of its arrival it may lie."""
    message_key: str
    """The field that keys the topic's messages."""
    is_catalogued: bool
    """Whether a record names an installation, which must be registered."""
    behind: timedelta | None = None
    """The greatest age of a record at its arrival, by its event time, unless it is replayed; None: any age."""
    side_fields: frozenset[str] = frozenset()
    """Fields whose value, where it is out of range, costs that field and not the record: devices send markers."""

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        return TypeAdapter(self.record)

    @cached_property
    def _validate(self) -> Any:
        # The adapter's own way there costs a tenth of a reading's validation.
        return self._adapter.validator.validate_json

    @cached_property
    def columns(self) -> dict[str, str]:
        """Spark SQL type of each field, in order: ``string``, ``double``, ``bigint``, ``timestamp``."""
        return sql_columns(self.record)

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the topic's messages."""
        return self._adapter.json_schema()

    def parse(self, payload: bytes | None, received_at: datetime, is_replayed: bool = False) -> dict[str, Any]:
        """The record in ``payload``, its times in UTC to the millisecond; absent and null fields are left out alike.

        ``received_at`` is the broker's time of the message (UTC). Raises :class:`Rejected`.
        """
        return self.parse_with_dropped(payload, received_at, is_replayed)[0]

    def parse_with_dropped(
        self, payload: bytes | None, received_at: datetime, is_replayed: bool = False
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """:meth:`parse`, and why each side field that was out of range has been left out of the record."""
        record, dropped = self.formed(payload)
        record.pop("schema", None)
        if None in record.values():
            record = {name: value for name, value in record.items() if value is not None}
        if _BELOW_ZERO.search(payload or b""):  # -0.0 has greater bytes than any number above 0, and would win over it
            record = {name: value + 0.0 if isinstance(value, float) else value for name, value in record.items()}
        for name, ahead in self.ahead.items():
            record[name] = _checked_instant(name, record[name], received_at + ahead)
        if self.behind is not None and not is_replayed and record[self.event_time] < received_at - self.behind:
            raise Rejected(
                f"{self.event_time} {record[self.event_time]:%Y-%m-%dT%H:%M:%SZ} lies more than {self.behind.days} "
                "days before its arrival: either the device's clock is wrong, or `solera replay` has to bring it",
                "time",
            )
        if "end" in record and not record["start"] < record["end"] <= record["start"] + LONGEST_INTERVAL:
            raise Rejected(f"end must come after start, and within {LONGEST_INTERVAL.days} days of it")
        return record, dropped

    def formed(self, payload: bytes | None) -> tuple[dict[str, Any], Mapping[str, str]]:
        """The record whose form ``payload`` has, whatever its times, and why each side field that was out of range has
        been left out. Raises :class:`Rejected`.
        """
        if payload is None:
            raise Rejected("empty message")
        check_size(len(payload))
        try:
            return self._validate(payload), {}
        except ValidationError as error:
            return self._without_side_fields(payload, error)

    def _without_side_fields(self, payload: bytes, error: ValidationError) -> tuple[dict[str, Any], dict[str, str]]:
        """The record without its side fields that are out of range. Raises :class:`Rejected` where more is wrong."""
        faults = error.errors(include_url=False, include_input=False)
        dropped = {str(fault["loc"][0]): fault["msg"] for fault in faults if fault["loc"]}
        is_side = dropped.keys() <= self.side_fields and all(fault["type"] in OUT_OF_RANGE for fault in faults)
        if not (dropped and is_side):
            raise Rejected(_reason(error)) from None
        kept = {name: value for name, value in json.loads(payload).items() if name not in dropped}
        if not any(kept.get(name) is not None for name in self.side_fields if self.columns[name] != "string"):
            raise Rejected(_reason(error)) from None
        return self._validate(json.dumps(kept)), dropped


def check_size(size: int) -> None:
    """Raise :class:`Rejected` for a message of more bytes than any record has."""
    if size > MAX_PAYLOAD_BYTES:
        raise Rejected(f"too large: {size} bytes, at most {MAX_PAYLOAD_BYTES} are taken", "too large")


def _checked_instant(name: str, time: datetime, latest: datetime) -> datetime:
    try:
        utc = time.astimezone(timezone.utc)
    except OverflowError:
        raise Rejected(f"{name} {time.isoformat()} lies beyond the years 1 to 9999 in UTC", "time") from None
    # Whole milliseconds, which is all that Cassandra's timestamp keeps: both layers must see the same instant.
    beyond = utc.microsecond % 1000
    if beyond:
        utc = utc.replace(microsecond=utc.microsecond - beyond)
    if utc < EARLIEST:
        raise Rejected(f"{name} {utc:%Y-%m-%dT%H:%M:%SZ} lies before the year 2000", "time")
    if utc > latest:
        raise Rejected(f"{name} {utc:%Y-%m-%dT%H:%M:%SZ} lies in the future of its arrival", "time")
    return utc


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return f"not JSON: {first['msg']}"
    return f"{where or 'message'}: {first['msg']}"


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            name="readings",
            record=Reading,
            key=("installation_id", "device_id", "time"),
            event_time="time",
            ahead={"time": READING_AHEAD},
            message_key="installation_id",
            is_catalogued=True,
            behind=BEHIND,
            side_fields=optional_fields(Reading),
        ),
        Topic(
            name="intervals",
            record=Interval,
            key=("installation_id", "meter_id", "start", "end", "source", "known_at"),
            event_time="start",
            ahead={"start": AHEAD, "end": AHEAD, "known_at": AHEAD},
            message_key="installation_id",
            is_catalogued=True,
        ),
        Topic(
            name="weather",
            record=Weather,
            key=("location_id", "provider", "kind", "issued_at", "time"),
            event_time="time",
            ahead={"time": FORECAST_AHEAD, "issued_at": AHEAD},
            message_key="location_id",
            is_catalogued=False,
            side_fields=optional_fields(Weather),
        ),
        Topic(
            name="prices",
            record=MarketPrice,
            key=("market", "zone", "provider", "start", "end", "known_at"),
            event_time="start",
            ahead={"start": FORECAST_AHEAD, "end": FORECAST_AHEAD, "known_at": AHEAD},
            message_key="market",
            is_catalogued=False,
        ),
    )
}
