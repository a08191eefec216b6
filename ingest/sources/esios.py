"""PVPC and surplus prices of Red Eléctrica: ESIOS indicators, the public PVPC day file and apidatos.

All prices are EUR/MWh. ESIOS states ``datetime_utc`` wrongly for the second 02:00 of October, so the instant is
taken from ``datetime`` and its offset. Rows of the Canaries carry peninsular clock hours: a Canary customer pays,
at local hour h, the price stated for peninsular hour h, so those rows are moved to the islands' own hour.
A row that can't be read is left out and said; the day is then missing, and asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

import requests

from energy.calendar import MADRID, local_day
from ingest.sources import web
from ingest.sources.price_records import HOUR, canary_shift, checked, lengths, price, record
from ingest.sources.source import Progress, Record, SourceAway, SourceError, Unreadable, log

INDICATORS, ARCHIVE = "/indicators/", "/archives/70/download_json"
APIDATOS = "/es/datos/mercados/precios-mercados-tiempo-real"
MARKETS: Mapping[int, str] = {1001: "pvpc", 1739: "surplus", 600: "spot"}
ZONES: Mapping[int, str] = {
    8741: "ES-peninsula", 8742: "ES-canarias", 8743: "ES-baleares", 8744: "ES-ceuta", 8745: "ES-melilla", 3: "ES",
    1: "PT",
}  # fmt: skip
COLUMNS = {"PCB": ("ES-peninsula", "ES-baleares", "ES-canarias"), "CYM": ("ES-ceuta", "ES-melilla")}
NO_VALUES = "No values"
"""The beginning of the archive's answer for a day that is not published."""
_CANARIAS = 8742
Row = tuple[int, datetime, Any]
"""Geography, start (UTC) and price of a period, as stated."""


class EsiosError(SourceError):
    """An answer that is not the prices asked for; the text says what to do."""


class TokenRefused(EsiosError, SourceAway):
    """ESIOS needs a token, or refuses the one there is."""


def parse_indicator(body: Mapping[str, Any], known_at: datetime, progress: Progress = log.warning) -> list[Record]:
    """The records of ``GET /indicators/{id}``; raises :class:`EsiosError` for an unknown indicator or shape."""
    try:
        indicator = body["indicator"]
        number, stated = int(indicator["id"]), list(indicator["values"])
        market = MARKETS[number]
    except (KeyError, TypeError, ValueError) as error:
        raise EsiosError(f"not an ESIOS indicator of prices ({error!r}); known ones: {sorted(MARKETS)}") from None
    with Unreadable(f"ESIOS indicator {number}", progress) as unreadable:
        rows = _rows(stated, unreadable)
        if stated and not rows:
            raise EsiosError(f"none of the {len(stated)} rows of ESIOS indicator {number} is a price")
        return _records(market, "esios", rows, known_at, unreadable)


def parse_pvpc_file(body: Mapping[str, Any], known_at: datetime, progress: Progress = log.warning) -> list[Record]:
    """The records of the public PVPC day file: peninsula, Balearics, Canaries (PCB), Ceuta and Melilla (CYM).

    Hours count by their place in the file: labels repeat or jump on the clock-change days.
    """
    if not isinstance(body, Mapping) or "PVPC" not in body:
        raise EsiosError(f"no PVPC in the file: {_word(body)}")
    rows = body["PVPC"]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise EsiosError("not a PVPC file: PVPC is no list of hours")
    if any(column not in rows[0] for column in ("Dia", *COLUMNS)):
        raise EsiosError(
            "not a PVPC 2.0TD file: columns PCB and CYM are there from 2021-06-01 on, older days lack them"
        )
    try:
        day = checked(datetime.strptime(rows[0]["Dia"], "%d/%m/%Y").date())  # noqa: DTZ007
    except (TypeError, ValueError):
        raise EsiosError(f"not a PVPC file: its day is {rows[0]['Dia']!r}") from None
    begin, end = local_day(day, MADRID)
    if len(rows) * HOUR != end - begin:
        raise EsiosError(f"{day} has {(end - begin) // HOUR} hours, the file {len(rows)}")
    with Unreadable(f"PVPC of {day}", progress) as unreadable:
        return [
            one
            for column, zones in COLUMNS.items()
            for zone in zones
            for one in _column([row.get(column) for row in rows], zone, begin, known_at, unreadable)
        ]


def parse_apidatos(body: Mapping[str, Any], known_at: datetime, progress: Progress = log.warning) -> list[Record]:
    """The records of apidatos (peninsula only): PVPC (id 1001) and spot (id 600), chosen by id, never by place."""
    if not isinstance(body, Mapping) or "errors" in body:
        raise EsiosError(_word(body))
    records: list[Record] = []
    with Unreadable("apidatos", progress) as unreadable:
        included = body.get("included")
        for series in included if isinstance(included, list) else ():
            try:
                number, values = int(series["id"]), list(series["attributes"]["values"])
            except (KeyError, TypeError, ValueError):
                unreadable.add(series)
                continue
            if number in MARKETS:
                geo = 8741 if number == 1001 else 3
                rows = _rows([{"geo_id": geo, **value} for value in values if isinstance(value, Mapping)], unreadable)
                records += _records(MARKETS[number], "apidatos", rows, known_at, unreadable)
    if not records:
        raise EsiosError("apidatos answered without a price series")
    return records


def fetch_indicator(
    session: requests.Session, url: str, day: date, token: str, progress: Progress = log.warning
) -> list[Record]:
    """One day of the indicator at ``url``. Raises :class:`TokenRefused` when the token is refused."""
    span = {"start_date": f"{day}T00:00", "end_date": f"{day}T23:59"}
    headers = {"Accept": "application/json; application/vnd.esios-api-v1+json", "x-api-key": token}
    answer = web.get(session, url, span, headers)
    if answer.status_code in (401, 403):
        raise TokenRefused("ESIOS refuses the token: ask for one at consultasios@ree.es and set ESIOS_TOKEN")
    answer.raise_for_status()
    return parse_indicator(web.json_object(answer), _now(), progress)


def fetch_pvpc_file(session: requests.Session, base: str, day: date, progress: Progress = log.warning) -> list[Record]:
    """One day of PVPC without a token; an empty list where the day is not published (yet)."""
    answer = web.get(session, base + ARCHIVE, {"locale": "es", "date": day.isoformat()})
    answer.raise_for_status()
    body = web.json_object(answer)
    return [] if NO_VALUES in str(body.get("message", "")) else parse_pvpc_file(body, _now(), progress)


def fetch_apidatos(session: requests.Session, base: str, day: date, progress: Progress = log.warning) -> list[Record]:
    """One day of PVPC and spot from apidatos, peninsula alone, without a token; it keeps about the present month."""
    span = {"start_date": f"{day}T00:00", "end_date": f"{day}T23:59", "time_trunc": "hour"}
    answer = web.get(session, base + APIDATOS, span)
    if answer.status_code >= requests.codes.internal_server_error:
        answer.raise_for_status()
    return parse_apidatos(web.json_object(answer), _now(), progress)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _rows(stated: Sequence[Any], unreadable: Unreadable) -> list[Row]:
    rows: list[Row] = []
    for row in stated:
        try:
            start = checked(datetime.fromisoformat(row["datetime"]))
            if start.tzinfo is None:
                raise ValueError("a time without its offset")
            rows.append((int(str(row["geo_id"])), start.astimezone(timezone.utc), row["value"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            unreadable.add(row)
    return rows


def _records(
    market: str, provider: str, rows: Sequence[Row], known_at: datetime, unreadable: Unreadable
) -> list[Record]:
    starts: dict[int, list[datetime]] = {}
    for geo, start, _ in rows:
        starts.setdefault(geo, []).append(start)
    steps = {geo: lengths(of_geo) for geo, of_geo in starts.items()}
    records = []
    for geo, start, stated in rows:
        value, length = price(stated), steps[geo][start]
        if value is None:
            unreadable.add(f"{geo}, {start:%Y-%m-%dT%H:%MZ}: {stated!r}")
            continue
        begin = start + canary_shift(start) if geo == _CANARIAS else start
        records.append(record((market, ZONES.get(geo, str(geo)), provider), (begin, length), value, known_at))
    return records


def _column(
    cells: Sequence[Any], zone: str, begin: datetime, known_at: datetime, unreadable: Unreadable
) -> list[Record]:
    records = []
    for index, cell in enumerate(cells):
        value, start = price(cell), begin + index * HOUR
        if value is None:
            unreadable.add(f"{zone}, hour {index + 1}: {cell!r}")
            continue
        if zone == ZONES[_CANARIAS]:
            start += canary_shift(start)
        records.append(record(("pvpc", zone, "esios-archive"), (start, HOUR), value, known_at))
    return records


def _word(body: Any) -> str:
    """The service's own word for an answer without prices."""
    if not isinstance(body, Mapping):
        return "the answer is no JSON object"
    errors = body.get("errors")
    if isinstance(errors, list) and errors:
        return "; ".join(str(error.get("detail", error) if isinstance(error, Mapping) else error) for error in errors)
    return str(body.get("message", errors or "unknown shape"))
