"""Parameters that several paths share, each with its check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response

from energy.records import Quantity
from serving_layer import instants
from serving_layer.access.turns import Turns
from serving_layer.api.answers import as_csv, as_json
from serving_layer.instants import Span
from serving_layer.reader import Reader
from store.web.problems import bad_parameter

Format = Literal["json", "csv"]
Resolution = Literal["15m", "hour", "day", "month"]

LONGEST = {
    "15m": timedelta(days=400),
    "hour": timedelta(days=1100),
    "day": timedelta(days=1830),
    "month": timedelta(days=1830),
}
"""Longest range a resolution answers: about 40,000 values, or five years of quarter-hours to be summed."""

LONGEST_PAGE = 10_000
"""Rows of a list in one answer."""

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


class Range(NamedTuple):
    """``from``, ``to`` and ``tz`` as they were asked for."""

    first: str
    last: str
    tz: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone, or 422."""
        return zone_of(self.tz)

    def span(self, longest: timedelta) -> Span:
        """The instants, or 422 where they are none, or more than ``longest`` apart."""
        zone = self.zone
        start, end = instant_of("from", self.first, zone), instant_of("to", self.last, zone)
        if start >= end:
            raise bad_parameter("to", "must come after from")
        if end - start > longest:
            raise bad_parameter("to", f"at most {longest.days} days after from; ask for less, or coarser")
        return Span(start, end)


def range_asked(first: FromParameter, last: ToParameter, tz: ZoneParameter = "UTC") -> Range:
    """The range of a request."""
    return Range(first, last, tz)


RangeAsked = Annotated[Range, Depends(range_asked)]


class Page(NamedTuple):
    """The page of a list that was asked for."""

    request: Request
    limit: int
    offset: int
    form: Format

    def answer(self, columns: Sequence[str], name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> Response:
        """The page's ``rows`` under ``name``, with a link to the next page (RFC 8288) where they go on behind."""
        shown = rows[self.offset : self.offset + self.limit]
        answer = as_csv(columns, shown) if self.form == "csv" else as_json(more | {name: shown})
        if self.offset + self.limit < len(rows):
            following = self.request.url.include_query_params(offset=self.offset + self.limit)
            answer.headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
        return answer


def page_asked(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="At most so many rows.")] = LONGEST_PAGE,
    offset: Annotated[
        int, Query(ge=0, le=100_000_000, description="Rows before them; the header Link names the next page.")
    ] = 0,
    form: FormatParameter = "json",
) -> Page:
    """The page of a request, and its form."""
    return Page(request, limit, offset, form)


PageAsked = Annotated[Page, Depends(page_asked)]
LastDay = Annotated[date | None, Query(alias="day", description="Last UTC day; without it, today.")]


class Days(NamedTuple):
    """A number of UTC days, up to ``day``, as they were asked for."""

    day: date | None
    number: int

    @property
    def last(self) -> date:
        """The last of them, or 422."""
        last = self.day or datetime.now(timezone.utc).date()
        if not instants.EARLIEST.date() <= last < instants.LATEST.date():
            raise bad_parameter("day", "must lie in the years 2000 to 2099")
        return last

    @property
    def span(self) -> Span:
        """The instants (UTC), or 422."""
        midnight = datetime.combine(self.last + timedelta(days=1), time(), timezone.utc)
        return Span(midnight - timedelta(days=self.number), midnight)
