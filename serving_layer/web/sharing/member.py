"""A member's page: the share against the use today and this month, what it saved, and what changed and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from serving_layer.access import door
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged
from serving_layer.views.money import kept_agreement, settlement
from serving_layer.views.money.bills import NotBilled
from serving_layer.views.money.community import NotShared
from serving_layer.web import answer, money
from serving_layer.web.sharing import shares
from serving_layer.web.words import language
from serving_layer.web.words.words import Words
from serving_layer.web.zones import zone_of
from store.catalogue import COMMUNITY
from store.runs import Published

router = answer.router()
EUROS_SECONDS = 300.0


class Member(NamedTuple):
    """A member that is looked at, when, and what the nights have published."""

    row: Mapping[str, Any]
    zone: ZoneInfo
    now: datetime
    visible: Published

    @property
    def id(self) -> str:
        """The installation's id."""
        return str(self.row["installation_id"])

    @property
    def today(self) -> date:
        """The day that it is there."""
        return self.now.astimezone(self.zone).date()


@router.get("/member", dependencies=[Turn])
def member(request: Request, reader: ReaderOf, who: answer.Visitor, name: answer.Named) -> Response:
    """The page; of a community its own page."""
    row = door.seen(reader, name, who, "settlement")
    if row.get("kind") == COMMUNITY:
        return RedirectResponse(f"/community?{urlencode({'id': name})}", 303)
    words = language.of_request(request)
    of = Member(row, zone_of(row), datetime.now(timezone.utc), merged.seen(reader))
    content = {"title": catalogue.called(row), "of": of, "refused": words.pages["no_community"]}
    if row.get("community_id"):
        content |= _shared(reader, of, words)
    return answer.page(request, "member.html", content)


def _shared(reader: Reader, of: Member, words: Words) -> dict[str, Any]:
    try:
        kept = kept_agreement.kept(reader, str(of.row["community_id"]))
        now = shares.today(reader, kept, of.id, of.now)
    except NotShared as error:
        return {"refused": words.sentence(str(error))}
    rows = settlement.months(reader, of.id, of.visible)
    current = next((row for row in rows if row["month"] == of.today.replace(day=1)), None)
    beta, since, by_the_hour = shares.coefficient(kept.agreement, of.id, of.today)
    euros, no_euros = ([], "") if current is None else _euros(reader, of, words)
    return {
        "refused": "",
        "today": now,
        "month": None if current is None else shares.settled(current),
        "settled_to": "" if of.visible.cut is None else words.moment(of.visible.cut, of.zone),
        "euros": euros,
        "no_euros": no_euros,
        "changes": shares.changes(rows, words),
        "months": [_month(row, words) for row in rows],
        "coefficient": None if beta is None else words.number(100 * beta, 4 if by_the_hour else 2),
        "since": "" if since is None else words.dated(since, words.pages["pattern_date"]),
        "by_the_hour": by_the_hour,
        "plant": catalogue.called(catalogue.installation(reader, kept.generation)),
        "bars": (("own", "bar_own"), ("left", "bar_left"), ("grid", "bar_grid")),
    }


def _euros(reader: Reader, of: Member, words: Words) -> tuple[list[money.Euros], str]:
    """The bill of this month's settled days with the share, or why there is none."""
    cut = of.visible.cut
    if cut is None:
        return [], ""
    days = (of.today.replace(day=1), min(cut.astimezone(of.zone).date(), of.today + timedelta(days=1)))
    if days[0] >= days[1]:
        return [], ""

    def load() -> tuple[list[money.Euros], str]:
        try:
            found = settlement.shared_billed(reader, of.id, days, None, of.visible)
        except (NotBilled, NotShared) as error:
            return [], words.sentence(str(error))
        return [money.said(words.pages["share_bill"], found, words)], ""

    return reader.kept(f"share euros {of.id} {days} {words.locale}", EUROS_SECONDS, load)


def _month(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    energies = {name: " ".join(words.energy(row[name])) for name in settlement.ENERGIES}
    return energies | {
        "name": shares.month_name(row["month"], words),
        "total": shares.either(row["cases"], "total_eur", words),
        "saved": shares.either(row["cases"], "saving_eur", words),
        "note": shares.note(row, words),
        "estimated": shares.estimated(row, words),
    }
