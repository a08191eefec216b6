"""OMIE's day-ahead prices: the ``marginalpdbc`` files and the older labelled reports, as ``prices`` records.

Periods are numbered through the day of Europe/Madrid in real time, so a day has 23, 24 or 25 hours, and from
delivery 2025-10-01 92, 96 or 100 quarter-hours. In ``marginalpdbc`` column 5 is Portugal, column 6 is Spain.
Source: OMIE; use is free with this citation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

import requests

from energy.calendar import MADRID, local_day
from ingest.sources import web
from ingest.sources.price_records import checked, dotted, price, record
from ingest.sources.source import Progress, Record, SourceError, Unreadable, log

DOWNLOAD = "/es/file-download"
MISSING_VERSIONS = 3
"""A first version may have been withdrawn; a day of which so many in a row are not there is not published."""
LAST_ZIPPED_YEAR = 2022
"""Up to this year OMIE keeps its files in yearly archives alone."""
_SPAIN, _PORTUGAL = "ES", "PT"
_REPORT_ROW = re.compile(r"^Precio marginal(?: en el sistema (español|portugués))? \((EUR/MWh|Cent/kWh)\)$", re.I)
_DELIVERY = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


class OmieFileError(SourceError):
    """A file that is not a day of OMIE prices; the text names the file's fault."""


def text_of(content: bytes) -> str:
    """The text of one of OMIE's files, without the marks and blanks before it."""
    return content.decode("latin-1").lstrip("\ufeffï»¿ \r\n")


def is_marginal(text: str) -> bool:
    """Whether a text of OMIE's is a ``marginalpdbc`` file."""
    return text.upper().startswith("MARGINALPDBC")


def parse_marginal(text: str, known_at: datetime, progress: Progress = log.warning) -> list[Record]:
    """The records of a ``marginalpdbc`` file (or ``marginalpdbcpt``), EUR/MWh, both zones.

    A period without a price is left out. Raises :class:`OmieFileError` for anything but one whole day.
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines or not is_marginal(lines[0]):
        raise OmieFileError("not a marginalpdbc file: its first line must begin with MARGINALPDBC")
    if lines[-1] != "*":
        raise OmieFileError("the file is cut short: its closing * is missing")
    rows = [line.split(";") for line in lines[1:-1]]
    try:
        days = {checked(date(int(row[0]), int(row[1]), int(row[2]))) for row in rows}
        numbers = [int(row[3]) for row in rows]
    except (ValueError, IndexError, OverflowError) as error:
        raise OmieFileError(f"a row is not year;month;day;period;price;price: {error}") from None
    if len(days) != 1 or numbers != list(range(1, len(rows) + 1)):
        raise OmieFileError("the file must hold one day with its periods numbered from 1")
    day = days.pop()
    records: list[Record] = []
    with Unreadable(f"OMIE's file of {day}", progress) as unreadable:
        for zone, column in ((_PORTUGAL, 4), (_SPAIN, 5)):
            cells = [row[column] if column < len(row) else "(absent)" for row in rows]
            records += _records(day, zone, [_read(cell, dotted, unreadable) for cell in cells], known_at)
    return records


def parse_report(text: str, known_at: datetime, progress: Progress = log.warning) -> list[Record]:
    """The records of a labelled report (``INT_PBC_EV_H``, ``PMD_…``); cent/kWh become EUR/MWh.

    Raises :class:`OmieFileError` where no price row or no delivery day is found.
    """
    lines = text.splitlines()
    stated = _DELIVERY.findall(lines[0]) if lines else []
    if not stated:
        raise OmieFileError("not an OMIE report: its first line names no delivery day")
    day_of_month, month, year = (int(part) for part in stated[-1])
    try:
        day = checked(date(year, month, day_of_month))
    except ValueError:
        raise OmieFileError(f"there is no day {'/'.join(stated[-1])}") from None
    records: list[Record] = []
    with Unreadable(f"OMIE's report of {day}", progress) as unreadable:
        for line in lines[1:]:
            label, *cells = (cell.strip() for cell in line.split(";"))
            matched = _REPORT_ROW.match(label)
            if matched:
                scale = 10.0 if matched[2].lower() == "cent/kwh" else 1.0
                prices = [_read(cell, price, unreadable) for cell in _without_tail(cells)]
                zone = _PORTUGAL if (matched[1] or "").lower() == "portugués" else _SPAIN
                records += _records(day, zone, [None if one is None else one * scale for one in prices], known_at)
    if not records:
        raise OmieFileError("the report has no row of marginal prices")
    return records


def fetch_day(session: requests.Session, base: str, day: date, progress: Progress = log.warning) -> list[Record]:
    """The day's newest version from OMIE that can be read; an empty list where the day is not published (yet).

    A version may be withdrawn or broken; then the others stand. Raises ``requests.RequestException``, and
    :class:`OmieFileError` where no version can be read, or the day is kept in a yearly archive alone.
    """
    newest: list[Record] = []
    fault: OmieFileError | None = None
    missing = 0
    for version in range(1, 10):
        text = _version(session, base, day, version)
        if text is None:
            missing += 1
            if newest or missing == MISSING_VERSIONS:
                break
            continue
        try:
            newest = _of_day(text, day, progress)
        except OmieFileError as error:
            fault = error
            progress(f"{day}, version {version}: {error}")
    if not newest and fault is not None:
        raise fault
    if not newest and day.year <= LAST_ZIPPED_YEAR:
        raise OmieFileError(
            f"OMIE keeps the days of {day.year} in one yearly archive alone: download it, and import it (solera import)"
        )
    return newest


def _version(session: requests.Session, base: str, day: date, version: int) -> str | None:
    """The text of one version of the day's file; None where there is none."""
    name = f"marginalpdbc_{day:%Y%m%d}.{version}"
    answer = web.get(session, base + DOWNLOAD, {"parents": "marginalpdbc", "filename": name})
    if answer.status_code == requests.codes.not_found:
        return None
    # Anything else that fails must not pass for a day that is not published yet.
    answer.raise_for_status()
    text = text_of(answer.content)
    return text if is_marginal(text) else None


def _of_day(text: str, day: date, progress: Progress) -> list[Record]:
    records = parse_marginal(text, datetime.now(timezone.utc), progress)
    begin, end = local_day(day, MADRID)
    if any(not begin <= record["start"] < end for record in records):
        raise OmieFileError("the file is of another day")
    return records


def _records(day: date, zone: str, prices: Sequence[float | None], known_at: datetime) -> Iterator[Record]:
    begin, length = _periods(day, len(prices))
    for number, eur_mwh in enumerate(prices):
        if eur_mwh is not None:
            yield record(("spot", zone, "omie"), (begin + number * length, length), eur_mwh, known_at)


def _periods(day: date, count: int) -> tuple[datetime, timedelta]:
    """Start of the day in UTC and the length of its periods, which their number gives."""
    begin, end = local_day(day, MADRID)
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


def _read(cell: str, read: Callable[[str], float | None], unreadable: Unreadable) -> float | None:
    """The price in ``cell``; None where it is empty, or can't be read."""
    value = read(cell) if cell.strip() else None
    if value is None and cell.strip():
        unreadable.add(cell)
    return value
