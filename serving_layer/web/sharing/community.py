"""A community's page, for whoever manages it: members and sums of a month, all months, the agreement, and proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from energy.calendar import MADRID, months_later
from energy.money.community.agreement import Agreement, Version
from serving_layer.access import door
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged
from serving_layer.views.money import cases, kept_agreement, proposals, settlement
from serving_layer.views.money import community as communities
from serving_layer.views.money.bills import NotBilled
from serving_layer.views.money.community import NotShared
from serving_layer.web import answer
from serving_layer.web.periods.asked_month import AskedMonth, first_day
from serving_layer.web.sharing import shares
from serving_layer.web.words import language
from serving_layer.web.words.words import Words

router = answer.router()
KEPT_SECONDS = 60.0
DIGITS = 2
"""Decimals of a kWh: each column adds up with them."""


class Asked(NamedTuple):
    """A community's row of the catalogue, and the first day of a month."""

    row: Mapping[str, Any]
    month: date

    @property
    def id(self) -> str:
        """The community's id."""
        return str(self.row["installation_id"])

    def link(self, page: str = "/community", months: int = 0) -> str:
        """The address of a page of the same so many months on."""
        month = months_later(self.month, months)
        return f"{page}?{urlencode({'id': self.id, 'month': f'{month:%Y-%m}'})}"


def asked(
    reader: ReaderOf,
    who: answer.Visitor,
    name: answer.Named,
    month: AskedMonth = "",
) -> Asked:
    """The month that a request asks for; without one the month that runs. Raises :class:`NotShared` of no community."""
    row = door.seen(reader, name, who, "settlement")
    communities.of_community(reader, name)
    return Asked(row, first_day(month) or datetime.now(MADRID).date().replace(day=1))


AskedFor = Annotated[Asked, Depends(asked)]


@router.get("/community", dependencies=[Turn])
def community(request: Request, reader: ReaderOf, who: answer.Visitor, of: AskedFor) -> Response:
    """The page."""
    words = language.of_request(request)
    heading = shares.month_name(of.month, words)
    content: dict[str, Any] = {"title": catalogue.called(of.row), "of": of, "heading": heading}
    try:
        kept = kept_agreement.kept(reader, of.id)
        rows = _settled(reader, of.id)
    except NotShared as error:
        return answer.page(request, "community.html", content | {"refused": words.sentence(str(error))})
    plant = catalogue.called(catalogue.installation(reader, kept.generation))
    door.note(reader, who, sorted({str(row["installation_id"]) for row in rows}), "settlement")
    chosen = sorted((row for row in rows if row["month"] == of.month), key=lambda row: str(row["installation_id"]))
    content |= {
        "refused": "",
        "members": _members(reader, chosen, (kept.agreement, of.month), words),
        "total": _line(settlement.total(chosen), words),
        "months": _months(rows, words),
        "versions": [_version(each, plant, words) for each in reversed(kept.agreement.versions)],
    }
    return answer.page(request, "community.html", content)


@router.get("/community.csv", dependencies=[Turn])
def table(reader: ReaderOf, who: answer.Visitor, of: AskedFor) -> Response:
    """The members' month, as REST states it."""
    rows = settlement.of_members(reader, of.id, of.month, merged.seen(reader))
    door.note(reader, who, [row["installation_id"] for row in rows], "settlement")
    name = f"settlement-{of.id}-{of.month:%Y-%m}.csv"
    return answer.download(name, settlement.MONTH_COLUMNS, cases.printed([*rows, settlement.total(rows)]))


@router.get("/community/proposals", dependencies=[Turn])
def proposed(
    request: Request, reader: ReaderOf, who: answer.Visitor, of: AskedFor, ahead: Annotated[bool, Query()] = False
) -> Response:
    """The part of the page that proposes coefficients by the hours of the month, or ``ahead`` by the forecasts."""
    words, days = language.of_request(request), None if ahead else (of.month, months_later(of.month))
    content: dict[str, Any] = {"of": of, "refused": "", "found": [], "hours": 0, "ahead": ahead}
    try:
        found = proposals.proposed(reader, of.id, days)
    except (NotShared, NotBilled) as error:
        return answer.page(request, "proposals.html", content | {"refused": words.sentence(str(error))})
    rows = proposals.rows(found)
    most = max((float(row["gain_eur"]) for row in rows), default=0.0)
    door.note(reader, who, list(found.hours.members), "settlement")
    content |= {
        "found": [_proposal(row, most, words) for row in rows],
        "hours": len(found.starts),
        "members": _gains(reader, found.hours.members, rows, words),
    }
    return answer.page(request, "proposals.html", content)


def _settled(reader: Reader, community_id: str) -> list[dict[str, Any]]:
    visible = merged.seen(reader)
    return reader.kept(
        f"settled {community_id}", KEPT_SECONDS, lambda: settlement.of_all(reader, community_id, visible)
    )


def _members(
    reader: Reader, rows: Sequence[Mapping[str, Any]], by: tuple[Agreement, date], words: Words
) -> list[dict[str, Any]]:
    """A row a member; each column of energy adds up to that of the total."""
    names = catalogue.names(catalogue.installations(reader))
    columns = {name: shares.together([row[name] / 1000 for row in rows], DIGITS) for name in settlement.ENERGIES}
    found = []
    for n, row in enumerate(rows):
        name = str(row["installation_id"])
        beta, _, _ = shares.coefficient(by[0], name, months_later(by[1]) - timedelta(days=1))
        line = _line(dict(row) | {each: column[n] * 1000 for each, column in columns.items()}, words)
        found.append(
            line
            | {
                "id": name,
                "name": names.get(name, name),
                "beta": "" if beta is None else f"{words.number(100 * beta, 2)} %",
                "note": shares.note(row, words),
                "estimated": shares.estimated(row, words),
            }
        )
    return found


def _line(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Energies in kWh, and euros."""
    energies = {name: words.number(row[name] / 1000, DIGITS) for name in settlement.ENERGIES}
    return energies | {
        "total": shares.either(row["cases"], "total_eur", words),
        "saved": shares.either(row["cases"], "saving_eur", words),
    }


def _months(rows: Sequence[Mapping[str, Any]], words: Words) -> list[dict[str, Any]]:
    """The sums of each settled month, the newest first."""
    by_month = groupby(rows, key=lambda row: row["month"])
    return [
        _line(settlement.total(list(of)), words) | {"name": shares.month_name(month, words), "month": f"{month:%Y-%m}"}
        for month, of in by_month
    ]


def _version(of: Version, plant: str, words: Words) -> str:
    said = words.pages["agreement_fixed" if of.constant else "agreement_hourly"]
    day = words.dated(of.since, words.pages["pattern_date"])
    return said.format(day=day, members=words.number(len(of.members)), plant=plant)


def _gains(
    reader: Reader, members: Sequence[str], rows: Sequence[Mapping[str, Any]], words: Words
) -> list[tuple[str, list[str]]]:
    """Each member's name, and its gain by every proposal."""
    names = catalogue.names(catalogue.installations(reader))
    return [(names[each], [shares.amount(row[each], words) for row in rows]) for each in members]


def _proposal(row: Mapping[str, Any], most: float, words: Words) -> dict[str, Any]:
    gain, worst = float(row["gain_eur"]), float(row["worst_off_eur"])
    return {
        "name": words.pages.get(row["proposal"], row["proposal"]),
        "used": words.number(float(row["self_consumed_kwh"]), DIGITS),
        "gain": shares.amount(row["gain_eur"], words),
        "worst": shares.amount(row["worst_off_eur"], words),
        "gini": words.number(row["gini"], 3),
        "gain_width": 100 * max(0.0, gain) / most if most > 0 else 0.0,
        "worst_width": 100 * max(0.0, worst) / most if most > 0 else 0.0,
    }
