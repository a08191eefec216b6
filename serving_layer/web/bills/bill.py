"""A bill's page: a local month line by line, with what each line rests on, and why an official bill differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from email.parser import BytesParser
from email.policy import HTTP
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from energy.calendar import months_later
from serving_layer.access import door
from serving_layer.api import parameters as p
from serving_layer.reader import Reader
from serving_layer.views import catalogue
from serving_layer.views.money.bills import Billed, NotBilled
from serving_layer.views.money.community import NotShared
from serving_layer.views.money.official import Difference, OfficialBillError, difference, parse
from serving_layer.views.money.rows import LINE_COLUMNS, line_rows
from serving_layer.views.money.settlement import maker
from serving_layer.views.money.stated_hours import stated_bill
from serving_layer.web import answer
from serving_layer.web.bills import lines
from serving_layer.web.periods.asked_month import AskedMonth, first_day
from serving_layer.web.sharing import shares
from serving_layer.web.words import language
from serving_layer.web.words.words import Words
from serving_layer.web.zones import zone_of
from store.catalogue import COMMUNITY
from store.web.body import Body

router = answer.router()
FILE = "official"
"""The name of the form's field."""
NOT_COMPARED: dict[str, Any] = {"official": None, "not_taken": ""}


class Asked(NamedTuple):
    """An installation's row of the catalogue, a month's first day, and whether with the share of its community."""

    row: Mapping[str, Any]
    month: date
    is_shared: bool
    today: date

    @property
    def id(self) -> str:
        """The installation's id."""
        return str(self.row["installation_id"])

    @property
    def is_member(self) -> bool:
        """Whether it belongs to a community, with which it may share."""
        return bool(self.row.get("community_id"))

    @property
    def is_running(self) -> bool:
        """Whether the month has not ended."""
        return self.today < months_later(self.month)

    @property
    def days(self) -> tuple[date, date]:
        """The month's days; of one that runs those that have ended, or on its first that day."""
        return self.month, max(min(self.today, months_later(self.month)), self.month + timedelta(days=1))

    def link(self, page: str = "/bill", months: int = 0, **changed: str) -> str:
        """The address of a page of the same, so many months on."""
        asked = {"id": self.id, "month": f"{months_later(self.month, months):%Y-%m}"}
        shared = {"shared": "true"} if self.is_shared else {}
        return f"{page}?{urlencode(asked | shared | changed)}"


def asked(
    reader: p.ReaderOf,
    who: answer.Visitor,
    name: answer.Named,
    month: AskedMonth = "",
    shared: Annotated[bool, Query()] = False,
) -> Asked:
    """The month that a request asks for; without one the last whole month, at most the one that runs."""
    row = door.seen(reader, name, who, "bills")
    today = datetime.now(timezone.utc).astimezone(zone_of(row)).date()
    month_now = today.replace(day=1)
    first = first_day(month) or months_later(month_now, -1)
    return Asked(row, min(first, month_now), shared and row.get("kind") != COMMUNITY, today)


AskedFor = Annotated[Asked, Depends(asked)]


@router.get("/bill", dependencies=[p.Turn])
def bill(request: Request, reader: p.ReaderOf, of: AskedFor, stated: Annotated[bool, Query()] = False) -> Response:
    """The page; with ``stated`` also why the bill of the hours that the distributor states differs."""
    found = _differing(language.of_request(request), lambda: _of_stated(reader, of)) if stated else NOT_COMPARED
    return answer.page(request, "bill.html", _content(request, reader, of) | found)


@router.post("/bill", dependencies=[p.Turn])
def compared(request: Request, reader: p.ReaderOf, of: AskedFor, content: Body) -> Response:
    """The page, and why the official bill that was sent differs."""

    def made() -> Difference:
        name, sent = _file(request.headers.get("content-type", ""), content)
        return difference(maker(reader, of.id, of.is_shared), parse(name, sent), None)

    found = _differing(language.of_request(request), made)
    return answer.page(request, "bill.html", _content(request, reader, of) | found)


@router.get("/bill.csv", dependencies=[p.Turn])
def table(reader: p.ReaderOf, of: AskedFor) -> Response:
    """The lines, as REST states them."""
    found = maker(reader, of.id, of.is_shared)(*of.days)
    return answer.download(f"bill-{of.id}-{of.month:%Y-%m}.csv", LINE_COLUMNS, line_rows(found))


def _of_stated(reader: Reader, of: Asked) -> Difference:
    return difference(maker(reader, of.id, of.is_shared), stated_bill(reader, of.id, *of.days), of.days)


def _differing(words: Words, make: Callable[[], Difference]) -> dict[str, Any]:
    """The causes of a difference, or why there are none."""
    try:
        why = make()
    except (OfficialBillError, NotBilled, NotShared) as error:
        return NOT_COMPARED | {"not_taken": words.sentence(str(error))}
    named = "" if why.mistake is None else words.pages["as_if"].format(what=words.sentence(why.mistake))
    found = {"days": lines.days(*why.days, words), "causes": lines.causes(why.rows, words), "mistake": named}
    return NOT_COMPARED | {"official": found}


def _file(content_type: str, content: bytes) -> tuple[str, bytes]:
    """Name and content of the file that a form has sent. Raises :class:`OfficialBillError`."""
    message = BytesParser(policy=HTTP).parsebytes(f"content-type: {content_type}\r\n\r\n".encode() + content)
    for part in message.walk():
        if part.get_param("name", header="content-disposition") == FILE:
            sent = part.get_payload(decode=True)
            return str(part.get_filename() or "")[:100] or FILE, sent if isinstance(sent, bytes) else b""
    raise OfficialBillError("There is no file: choose one.")


def _content(request: Request, reader: Reader, of: Asked) -> dict[str, Any]:
    words = language.of_request(request)
    content = {"title": catalogue.called(of.row), "of": of, "heading": shares.month_name(of.month, words)}
    try:
        return content | {"refused": ""} | _said(maker(reader, of.id, of.is_shared), of, words)
    except (NotBilled, NotShared) as error:
        return content | {"refused": words.sentence(str(error))}


def _said(make: Callable[[date, date], Billed], of: Asked, words: Words) -> dict[str, Any]:
    found = make(*of.days)
    made = found.bill
    return {
        "lines": lines.lines(found, words),
        "before_taxes": lines.before_taxes(found, words),
        "cases": lines.cases(found, words),
        "due": words.dated(made.due, words.pages["pattern_date"]),
        "lacking": "" if made.is_complete else words.number(100 * made.unknown / made.windows, 1),
        "not_included": ", ".join(words.pages[f"line {name}"] for name in made.not_included),
    }
