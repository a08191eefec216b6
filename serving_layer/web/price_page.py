"""The page of prices: what energy costs hour by hour on a day and the next, known and forecast."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from energy.calendar import MADRID, day_start
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.api.prices import COLUMNS
from serving_layer.instants import EARLIEST, LATEST, Span
from serving_layer.views import merged, prices
from serving_layer.web import answer, price_panel
from serving_layer.web.charts import price_curve
from serving_layer.web.charts.labels import Labels
from serving_layer.web.charts.plot import data
from serving_layer.web.periods import summary
from serving_layer.web.periods.period import period_of
from serving_layer.web.words import language
from store.web.problems import bad_parameter

router = answer.router()
DAYS = 2


class View(NamedTuple):
    """A market, and the first of the local days of Madrid that are looked at."""

    market: str
    day: date
    now: datetime

    @property
    def today(self) -> date:
        """Today in Madrid."""
        return self.now.astimezone(MADRID).date()

    @property
    def span(self) -> Span:
        """The day and the next."""
        return Span(day_start(self.day, MADRID), day_start(self.day + timedelta(days=DAYS), MADRID))

    def link(self, page: str = "/prices", days: int = 0, market: str = "") -> str:
        """The address of the view so many days on, or of another market."""
        day = self.day + timedelta(days=days)
        asked = {"market": market or self.market} | ({} if day == self.today else {"day": f"{day}"})
        return f"{page}?{urlencode(asked)}"


def view(
    _: answer.Visitor,
    market: Literal["pvpc", "spot"] = "pvpc",
    day: Annotated[date | None, Query()] = None,
) -> View:
    """The view that a request asks for."""
    if day is not None and not EARLIEST.date() + timedelta(days=9) <= day < LATEST.date() - timedelta(days=9):
        raise bad_parameter("day", "must lie in the years 2000 to 2099")
    now = datetime.now(timezone.utc)
    return View(market, day or now.astimezone(MADRID).date(), now)


Viewed = Annotated[View, Depends(view)]


@router.get("/prices", dependencies=[Turn])
def page(request: Request, reader: ReaderOf, of: Viewed) -> Response:
    """The page."""
    words = language.of_request(request)
    shown = price_panel.take(reader, of.market, MADRID, of.span.start, of.now)
    values = [price for price in shown.values if price["start"] < of.span.end]
    plot = price_curve.draw(price_curve.Prices(of.span, values, of.now), Labels(MADRID, words))
    content = {
        "title": words.prices,
        "of": of,
        "plot": plot,
        "slots": data(plot),
        "said": price_panel.said(shown, words),
        "record": price_panel.record(shown, words) if values else "",
        "heading": summary.heading(period_of("day", of.day), words),
        "markets": words.markets,
    }
    return answer.page(request, "prices.html", content)


@router.get("/prices.csv", dependencies=[Turn])
def table(reader: ReaderOf, of: Viewed) -> Response:
    """The values of the chart."""
    zone, visible = prices.ZONES[of.market], merged.seen(reader)
    rows = prices.read(reader, of.market, zone, of.span, visible)
    return answer.download(f"prices-{of.market}-{of.day}.csv", COLUMNS, rows)
