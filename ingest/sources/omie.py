"""OMIE's day-ahead prices: the ``marginalpdbc`` files and the older labelled reports, as ``prices`` records.

Periods are numbered through the day of Europe/Madrid in real time, so a day has 23, 24 or 25 hours, and from
delivery 2025-10-01 92, 96 or 100 quarter-hours. In ``marginalpdbc`` column 5 is Portugal, column 6 is Spain.
Source: OMIE; use is free with this citation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from conf.refusal import Refusal
from energy.calendar import local_day

MARKET_ZONE = ZoneInfo("Europe/Madrid")
DOWNLOAD = "https://www.omie.es/es/file-download"
TIMEOUT_S = 60
_SPAIN, _PORTUGAL = "ES", "PT"
_REPORT_ROW = re.compile(r"^Precio marginal(?: en el sistema (español|portugués))? \((EUR/MWh|Cent/kWh)\)$", re.I)
_DELIVERY = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


class OmieFileError(Refusal):
    """A file that is not a day of OMIE prices; the text names the file's fault."""


def parse_marginal(text: str, known_at: datetime) -> list[dict[str, Any]]:
    """The records of a ``marginalpdbc`` file (or ``marginalpdbcpt``), EUR/MWh, both zones.

    A period without a price is left out. Raises :class:`OmieFileError` for anything but one whole day.
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines or not lines[0].upper().startswith("MARGINALPDBC"):
        raise OmieFileError("not a marginalpdbc file: its first line must begin with MARGINALPDBC")
    if lines[-1] != "*":
        raise OmieFileError("the file is cut short: its closing * is missing")
    rows = [line.split(";") for line in lines[1:-1]]
    try:
        days = {date(int(row[0]), int(row[1]), int(row[2])) for row in rows}
        numbers = [int(row[3]) for row in rows]
    except (ValueError, IndexError) as error:
        raise OmieFileError(f"a row is not year;month;day;period;price;price: {error}") from None
    if len(days) != 1 or numbers != list(range(1, len(rows) + 1)):
        raise OmieFileError("the file must hold one day with its periods numbered from 1")
    day = days.pop()
    prices = {_PORTUGAL: [row[4] for row in rows], _SPAIN: [row[5] for row in rows]}
    return [
        record for zone, texts in prices.items() for record in _records(day, zone, [_dot(t) for t in texts], known_at)
    ]


def parse_report(text: str, known_at: datetime) -> list[dict[str, Any]]:
    """The records of a labelled report (``INT_PBC_EV_H``, ``PMD_…``); cent/kWh become EUR/MWh.

    Raises :class:`OmieFileError` where no price row or no delivery day is found.
    """
    lines = text.splitlines()
    stated = _DELIVERY.findall(lines[0]) if lines else []
    if not stated:
        raise OmieFileError("not an OMIE report: its first line names no delivery day")
    day_of_month, month, year = stated[-1]
    day = date(int(year), int(month), int(day_of_month))
    records: list[dict[str, Any]] = []
    for line in lines[1:]:
        label, *cells = (cell.strip() for cell in line.split(";"))
        found = _REPORT_ROW.match(label)
        if found:
            scale = 10.0 if found[2].lower() == "cent/kwh" else 1.0
            values = [None if price is None else price * scale for price in map(_comma, _without_tail(cells))]
            zone = _PORTUGAL if (found[1] or "").lower() == "portugués" else _SPAIN
            records += _records(day, zone, values, known_at)
    if not records:
        raise OmieFileError("the report has no row of marginal prices")
    return records


def fetch_day(session: requests.Session, day: date, known_at: datetime) -> list[dict[str, Any]]:
    """The day's newest version from OMIE; an empty list where the day is not published (yet).

    ``known_at`` is the instant of asking (UTC). Raises ``requests.RequestException`` and :class:`OmieFileError`.
    """
    newest: list[dict[str, Any]] = []
    for version in range(1, 10):
        name = f"marginalpdbc_{day:%Y%m%d}.{version}"
        answer = session.get(DOWNLOAD, params={"parents": "marginalpdbc", "filename": name}, timeout=TIMEOUT_S)
        if answer.status_code == requests.codes.not_found:
            return newest
        # Anything else that fails must not pass for a day that is not published yet.
        answer.raise_for_status()
        text = answer.content.decode("latin-1").lstrip("\ufeffï»¿")
        if not text.startswith("MARGINALPDBC"):
            return newest
        newest = parse_marginal(text, known_at)
    return newest


def _records(day: date, zone: str, prices: Sequence[float | None], known_at: datetime) -> Iterator[dict[str, Any]]:
    begin, length = _periods(day, len(prices))
    for number, price in enumerate(prices):
        if price is not None:
            start = begin + number * length
            yield {
                "schema": 1, "market": "spot", "zone": zone, "start": start, "end": start + length,
                "price_eur_mwh": price, "provider": "omie", "known_at": known_at,
            }  # fmt: skip


def _periods(day: date, count: int) -> tuple[datetime, timedelta]:
    """Start of the day in UTC and the length of its periods, told by their number."""
    begin, end = local_day(day, MARKET_ZONE)
    for length in (timedelta(hours=1), timedelta(minutes=15)):
        if count * length == end - begin:
            return begin, length
    hours = (end - begin) // timedelta(hours=1)
    raise OmieFileError(f"{day} has {hours} hours, so {hours} or {4 * hours} periods are right, not {count}")


def _without_tail(cells: Sequence[str]) -> list[str]:
    """The cells without the empty ones that a trailing semicolon leaves."""
    cells = list(cells)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _dot(text: str) -> float | None:
    return float(text) if text.strip() else None


def _comma(text: str) -> float | None:
    return _dot(text.replace(".", "").replace(",", "."))
