"""An installation's page: now, a day, week, month or year beside the one before it, and what its numbers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response

from energy.records import QUANTITIES, Quantity
from serving_layer.access import door
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.instants import EARLIEST, LATEST
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged
from serving_layer.views.merge import Value
from serving_layer.web import answer, follow, live
from serving_layer.web.charts.labels import Labels
from serving_layer.web.charts.plot import data
from serving_layer.web.periods import energies, summary
from serving_layer.web.periods.drawn import Chart, drawn
from serving_layer.web.periods.months import Asked
from serving_layer.web.periods.period import Kind, Period, period_of
from serving_layer.web.words import language
from serving_layer.web.zones import zone_of
from store.web.problems import bad_parameter

router = answer.router()
FIRST, LAST = date(EARLIEST.year + 2, 1, 1), date(LATEST.year - 2, 1, 1)
"""A day from the one to before the other has a period before and one after it."""


class View(NamedTuple):
    """The view that is looked at: an installation, days, and a quantity."""

    row: Mapping[str, Any]
    zone: ZoneInfo
    now: datetime
    day: date
    period: Period
    quantity: Quantity

    @property
    def today(self) -> date:
        """The day that it is there."""
        return self.now.astimezone(self.zone).date()

    @property
    def is_running(self) -> bool:
        """Whether the period has begun and not ended."""
        span = self.period.span(self.zone)
        return span.start <= self.now < span.end

    def asked(self, reader: Reader) -> Asked:
        """The question after its energy."""
        return Asked(str(self.row["installation_id"]), self.zone, merged.seen(reader), self.now)

    def link(self, page: str = "/installation", **changed: str) -> str:
        """The address of the view with something changed; without a day it is always today's."""
        asked = {
            "id": str(self.row["installation_id"]), "period": self.period.kind, "day": f"{self.day}",
            "quantity": self.quantity,
        } | changed  # fmt: skip
        if asked["day"] == f"{self.today}":
            del asked["day"]
        return f"{page}?{urlencode(asked)}"


def days(
    kind: Annotated[Kind, Query(alias="period")] = "day", day: Annotated[date | None, Query()] = None
) -> tuple[Kind, date | None]:
    """The kind of period, and a day of it; None: today."""
    if day is not None and not FIRST <= day < LAST:
        raise bad_parameter("day", f"must lie in the years {FIRST.year} to {LAST.year - 1}")
    return kind, day


def view(
    reader: ReaderOf,
    who: answer.Visitor,
    name: answer.Named,
    asked: Annotated[tuple[Kind, date | None], Depends(days)],
    quantity: Quantity = "generation",
) -> View:
    """The view that a request asks for. Raises :class:`serving_layer.views.catalogue.UnknownInstallation`."""
    row = door.seen(reader, name, who, "page")
    zone, now = zone_of(row), datetime.now(timezone.utc)
    kind, day = asked[0], asked[1] or now.astimezone(zone).date()
    return View(row, zone, now, day, period_of(kind, day), quantity)


Viewed = Annotated[View, Depends(view)]


@router.get("/installation", dependencies=[Turn])
def installation(request: Request, reader: ReaderOf, of: Viewed) -> Response:
    """The page."""
    words = language.of_request(request)
    labels, asked, late = Labels(of.zone, words), of.asked(reader), of.period.kind == "year"
    found = energies.take(reader, asked, of.period, (of.quantity,) if late else QUANTITIES)
    now = live.take(reader, of.row, of.now)
    content = {
        "title": catalogue.called(of.row),
        "now": live.values(now, words),
        "until": of.period.span(of.zone).end.timestamp(),
        "is_running": of.is_running,
        "basis": summary.basis(asked, words),
        "quantities": QUANTITIES if late else [quantity for quantity in QUANTITIES if quantity in found],
        "late": late,
    }
    content |= _figure(reader, of, found.get(of.quantity), Chart(of.quantity, now.power, labels))
    return answer.page(request, "installation.html", content | ({} if late else _sums(found, of, asked, labels)))


@router.get("/installation/chart", dependencies=[Turn])
def chart(request: Request, reader: ReaderOf, of: Viewed) -> Response:
    """The part of the page that draws a quantity; while its period runs there is more to draw each quarter-hour."""
    found = energies.take(reader, of.asked(reader), of.period, (of.quantity,))
    labels = Labels(of.zone, language.of_request(request))
    how = Chart(of.quantity, live.take(reader, of.row, of.now).power, labels)
    return answer.page(request, "figure.html", _figure(reader, of, found.get(of.quantity), how))


def _figure(reader: Reader, of: View, found: energies.Energies | None, how: Chart) -> dict[str, Any]:
    plot = drawn(reader, of.asked(reader), of.period, found, how)
    return {"of": of, "plot": plot, "slots": data(plot), "heading": summary.heading(of.period, how.labels.words)}


@router.get("/installation/totals", dependencies=[Turn])
def sums(request: Request, reader: ReaderOf, of: Viewed) -> Response:
    """The part of the page that sums every quantity; of a year it comes after the rest."""
    labels, asked = Labels(of.zone, language.of_request(request)), of.asked(reader)
    found = energies.take(reader, asked, of.period)
    return answer.page(request, "totals.html", _sums(found, of, asked, labels))


def _sums(found: Mapping[Quantity, energies.Energies], of: View, asked: Asked, labels: Labels) -> dict[str, Any]:
    return {
        "totals": summary.totals(found, of.period, asked, labels),
        "shares": summary.shares(found, labels.words),
        "peaks": summary.peaks(found, labels),
        "heading": summary.heading(of.period, labels.words),
        "is_running": of.is_running,
    }


@router.get("/installation.csv", dependencies=[Turn])
def table(reader: ReaderOf, of: Viewed) -> Response:
    """The values of the period's chart."""
    found = energies.take(reader, of.asked(reader), of.period, (of.quantity,))
    values = found[of.quantity].parts if of.quantity in found else []
    rows = [{"local_start": value.start.astimezone(of.zone)} | value._asdict() for value in values]
    name = f"{of.quantity}-{of.period.kind}-{of.period.first}.csv"
    return answer.download(name, ["start", "local_start", *Value._fields[1:]], rows)


@router.get("/installation/live")
def values(request: Request, reader: ReaderOf, name: answer.Named) -> Response:
    """Values that change by themselves: powers and their ways, and the age of the newest reading."""
    return answer.small(_look(request, reader, name))


@router.get("/installation/stream", dependencies=[follow.STREAMS])
def stream(request: Request, reader: ReaderOf, name: answer.Named) -> Response:
    """The same, streamed as it changes."""
    return follow.stream(lambda: _look(request, reader, name))


def _look(request: Request, reader: Reader, name: str) -> follow.Values:
    """Values of the page, its reader let in anew each time: a stream ends with the session. Raises as :func:`view`."""
    row, at = door.seen(reader, name, answer.visitor(request), "page"), datetime.now(timezone.utc)
    now = live.take(reader, row, at)
    return live.values(now, language.of_request(request)) | {"n": {"now": int(at.timestamp()), **now.power}}
