"""Parameters that several paths share, each with its check."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request

from energy.records import Quantity
from serving_layer import instants
from serving_layer.access.turns import Turns
from serving_layer.api.problems import bad_parameter
from serving_layer.reader import Reader

Format = Literal["json", "csv"]
Resolution = Literal["15m", "hour", "day", "month"]

LONGEST = {
    "15m": timedelta(days=400),
    "hour": timedelta(days=1100),
    "day": timedelta(days=1830),
    "month": timedelta(days=1830),
}
"""Longest range a resolution answers: about 40,000 values, or five years of quarter-hours to be summed."""

QuantityParameter = Annotated[Quantity, Query(description="Which energy.")]
FormatParameter = Annotated[Format, Query(alias="format", description="JSON, or CSV with a header line.")]
FromParameter = Annotated[
    str,
    Query(
        alias="from",
        max_length=40,
        description="First instant, RFC 3339 (`2026-03-29T00:00:00Z`), or a date: its midnight in `tz`.",
        examples=["2026-03-29T00:00:00Z"],
    ),
]
ToParameter = Annotated[
    str,
    Query(
        alias="to",
        max_length=40,
        description="The instant after the last, written like `from`.",
        examples=["2026-03-30T00:00:00Z"],
    ),
]
ZoneParameter = Annotated[
    str,
    Query(alias="tz", max_length=60, description="IANA time zone of days, months and plain dates.", examples=["UTC"]),
]


def reader_of(request: Request) -> Reader:
    """The one reader of this process."""
    reader: Reader = request.app.state.reader
    return reader


ReaderOf = Annotated[Reader, Depends(reader_of)]
Turn = Depends(Turns(at_once=8, wait_seconds=3.0))
"""A place among the answers in the making: one process can't read faster by reading more at once."""


def zone_of(name: str) -> ZoneInfo:
    """The zone, or 422."""
    try:
        return instants.zone(name)
    except instants.BadInstant as error:
        raise bad_parameter("tz", str(error)) from None


def instant_of(name: str, text: str, local: ZoneInfo) -> datetime:
    """The instant (UTC) of parameter ``name``, or 422."""
    try:
        return instants.parse(text, local)
    except instants.BadInstant as error:
        raise bad_parameter(name, str(error)) from None


def range_of(first: str, last: str, local: ZoneInfo, longest: timedelta) -> tuple[datetime, datetime]:
    """The instants of ``from`` and ``to`` (UTC), or 422."""
    start, end = instant_of("from", first, local), instant_of("to", last, local)
    if start >= end:
        raise bad_parameter("to", "must come after from")
    if end - start > longest:
        raise bad_parameter("to", f"at most {longest.days} days after from; ask for less, or coarser")
    return start, end
