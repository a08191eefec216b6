"""The control centre: all installations as one table, what stands out first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from serving_layer.access import door
from serving_layer.access.person import Person
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.reader import Reader
from serving_layer.views import alarms, catalogue, state
from serving_layer.web import answer, fleet, follow
from serving_layer.web.words import language
from serving_layer.web.words.alarms import wording
from serving_layer.web.words.words import Words
from serving_layer.web.zones import zone_of
from store.catalogue import COMMUNITY

FIRST = 40
"""Rows that stand in the page itself; its script asks for all."""
ALARMS_SHOWN = 6

router = answer.router()


@router.get("/")
def begin(request: Request, reader: ReaderOf, who: answer.Visitor, installation: str = "") -> Response:
    """The first page of a visitor: the one they were on their way to, or their only installation, else the table."""
    if link := answer.link_of(request):
        sent = RedirectResponse(link, 303)
        sent.delete_cookie(answer.LINK)
        return sent
    own = [str(each["installation_id"]) for each in _known(reader, who) if each.get("kind") != COMMUNITY]
    chosen = installation or (own[0] if len(own) == 1 else "")
    page = "/member" if not installation and _shares(reader, who, chosen) else "/installation"
    return RedirectResponse(f"{page}?{urlencode({'id': chosen})}" if chosen else "/control", 303)


def _shares(reader: Reader, who: Person, installation_id: str) -> bool:
    """Whether it is a member's home, and has a share in what a community generates."""
    known = {str(each["installation_id"]): each for each in _known(reader, who)}
    return who.role == "member" and bool(known.get(installation_id, {}).get("community_id"))


@router.get("/control", dependencies=[Turn])
def control(request: Request, reader: ReaderOf, who: answer.Visitor) -> Response:
    """The page with its first rows."""
    words, now = language.of_request(request), datetime.now(timezone.utc)
    known = _known(reader, who)
    rows = fleet.rows(reader, known, now, with_today=False)
    names = catalogue.names(known)
    standing = alarms.with_figures(reader, names)
    zones = {str(each["installation_id"]): zone_of(each) for each in known}
    content = {
        "title": words.pages["control"],
        "rows": rows[:FIRST],
        "totals": texts(fleet.totals(rows, len(standing)), words),
        "communities": catalogue.names(each for each in known if each.get("kind") == COMMUNITY),
        "alarms": [_alarm(each, zones[each["installation_id"]], now, words) for each in standing],
        "shown": ALARMS_SHOWN,
        "names": names,
        "fresh": state.freshness,
        "stale_after": state.STALE_AFTER.total_seconds(),
    }
    return answer.page(request, "control.html", content)


def _alarm(each: Mapping[str, Any], zone: ZoneInfo, now: datetime, words: Words) -> dict[str, Any]:
    age = words.age((now - each["raised_at"]).total_seconds())
    return {**each, "age": age, "wording": wording(each, zone, words)}


@router.get("/control/rows", dependencies=[Turn])
def rows(request: Request, reader: ReaderOf) -> Response:
    """Every row by its id, and the totals as text."""
    return answer.small(_look(request, reader))


@router.get("/control/stream", dependencies=[follow.STREAMS])
def stream(request: Request, reader: ReaderOf) -> Response:
    """The same, streamed as it changes."""
    return follow.stream(lambda: _look(request, reader))


def _look(request: Request, reader: Reader) -> follow.Values:
    """Values of the table, its reader let in anew each time: a stream ends with the session."""
    now = datetime.now(timezone.utc)
    known = _known(reader, answer.visitor(request))
    found = fleet.rows(reader, known, now, with_today=True)
    standing = alarms.standing(reader, {str(each["installation_id"]) for each in known})
    said = texts(fleet.totals(found, len(standing)), language.of_request(request))
    values = {row.installation_id: fleet.script_values(row, now) for row in found}
    return {"rows": values, "t": said, "n": {"now": int(now.timestamp())}}


@router.get("/control.csv", dependencies=[Turn])
def table(reader: ReaderOf, who: answer.Visitor) -> Response:
    """The same as CSV."""
    found = fleet.rows(reader, _known(reader, who), datetime.now(timezone.utc), with_today=True)
    return answer.download("installations.csv", fleet.Row._fields, [row._asdict() for row in found])


def texts(of: fleet.Totals, words: Words) -> dict[str, str]:
    """The totals, by the place where they stand."""
    share = words.number(of.watts / 10 / of.capacity_kw) if of.capacity_kw else ""
    capacity = words.of_capacity.format(percent=share, capacity=words.number(of.capacity_kw, 1)) if share else ""
    return {
        "power": " ".join(words.power(of.watts)),
        "power-note": capacity,
        "today": " ".join(words.energy(of.today_wh)).strip(),
        "live": f"{words.number(of.live)} / {words.number(of.installations)}",
        "alarms": words.number(of.alarms),
    }


def _known(reader: Reader, who: Person) -> list[dict[str, Any]]:
    return door.note_all(reader, who, "control")
