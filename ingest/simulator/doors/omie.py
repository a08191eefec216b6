"""OMIE's files of a world's market: by version, behind a redirection; a day that is not out is missing, or a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlencode

from ingest.simulator.doors.web import Answer, Asked, Door
from ingest.simulator.truth.market import AGAIN_OUT, SPOT_OUT, Market, out_at

DOWNLOAD, FILE = "/es/file-download", "/sites/default/files/"
PAGE = "<html>No se ha encontrado el fichero</html>"
_NAME = re.compile(r"marginalpdbc_(\d{4})(\d\d)(\d\d)\.([12])")


def door(market: Market, now: Callable[[], datetime]) -> Door:
    """The door that answers what is out ``now``."""

    def answer(asked: Asked) -> Answer | None:
        if asked.path not in (DOWNLOAD, FILE):
            return None
        if asked.path == DOWNLOAD:
            return Answer(302, headers={"Location": f"{FILE}?{urlencode(asked.query)}"})
        named = _NAME.fullmatch(asked.query.get("filename", ""))
        if named is None:
            return Answer(404)
        day, version = date(*(int(part) for part in named.groups()[:3])), int(named[4])
        if now() < out_at(day, SPOT_OUT if version == 1 else AGAIN_OUT):
            return Answer(200, PAGE.encode(), "text/html") if day.day % 2 else Answer(404)
        is_there = version == 1 or market.is_republished(day)
        return Answer(200, marginal(market, day, version).encode("latin-1"), "text/plain") if is_there else Answer(404)

    return answer


def marginal(market: Market, day: date, version: int) -> str:
    """A file: year, month, day, period, price of Portugal, of Spain."""
    prices = zip(market.portugal(day, version), market.spot(day, version), strict=True)
    rows = [f"{day:%Y;%m;%d};{n};{portugal:g};{spain:g};" for n, (portugal, spain) in enumerate(prices, start=1)]
    return "\r\n".join(["MARGINALPDBC;", *rows, "*", ""])
