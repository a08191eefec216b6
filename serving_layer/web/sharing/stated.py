"""The part of a community's page that shows the month's shares as distributors state them (Datadis), beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from energy.calendar import months_later
from energy.money.community.official_curves import ASSIGNED
from serving_layer.access import door
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.views import catalogue
from serving_layer.views.money import compared, kept_agreement
from serving_layer.views.money.community import NotShared
from serving_layer.web import answer
from serving_layer.web.sharing.community import DIGITS, AskedFor
from serving_layer.web.words import language
from serving_layer.web.words.words import NOTHING, Words

router = answer.router()


@router.get("/community/stated", dependencies=[Turn])
def stated(request: Request, reader: ReaderOf, who: answer.Visitor, of: AskedFor) -> Response:
    """The table, by the rule of counting hours that the agreement names."""
    words, days = language.of_request(request), (of.month, months_later(of.month))
    try:
        rows, fits = compared.compare_kept(reader, of.id, days)
    except NotShared as error:
        return answer.page(request, "stated.html", {"refused": words.sentence(str(error))})
    door.note(reader, who, sorted({row["member"] for row in rows}), "settlement")
    names = catalogue.names(catalogue.installations(reader))
    rule = kept_agreement.kept(reader, of.id).agreement.rule
    shown = [_row(row, names, words) for row in rows if row["rule"] == rule]
    return answer.page(request, "stated.html", {"refused": "", "rows": shown, "fits": words.sentence(fits)})


def _row(row: Mapping[str, Any], names: Mapping[str, str], words: Words) -> dict[str, str]:
    implied = row["implied_beta"]
    return {
        "member": names[str(row["member"])],
        "what": words.pages["share_of_all" if row["what"] == ASSIGNED else "own_used"],
        "stated": words.number(row["official_kwh"], DIGITS),
        "ours": words.number(row["ours_kwh"], DIGITS),
        "differing": words.pages["stated_differing"].format(
            differing=words.number(row["differing"]), hours=words.number(row["hours"])
        ),
        "implied": NOTHING if implied is None else f"{words.number(100 * implied, 2)} %",
    }
