"""PVPC and surplus prices of Red Eléctrica: ESIOS indicators, the public PVPC day file and apidatos.

All prices are EUR/MWh. ESIOS states ``datetime_utc`` wrongly for the second 02:00 of October, so the instant is
taken from ``datetime`` and its offset. Rows of the Canaries carry peninsular clock hours: a Canary customer pays,
at local hour h, the price stated for peninsular hour h, so those rows are moved to the islands' own hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import requests

from conf.refusal import Refusal
from energy.calendar import local_day

API = "https://api.esios.ree.es"
APIDATOS = "https://apidatos.ree.es/es/datos/mercados/precios-mercados-tiempo-real"
TIMEOUT_S = 60
MADRID = ZoneInfo("Europe/Madrid")
MARKETS: Mapping[int, str] = {1001: "pvpc", 1739: "surplus", 600: "spot"}
ZONES: Mapping[int, str] = {
    8741: "ES-peninsula", 8742: "ES-canarias", 8743: "ES-baleares", 8744: "ES-ceuta", 8745: "ES-melilla", 3: "ES",
    1: "PT",
}  # fmt: skip
NO_VALUES = "No values"
"""How the archive's answer begins for a day that is not published."""
_CANARIAS = 8742
_HOUR = timedelta(hours=1)


class EsiosError(Refusal):
    """An answer that is not the prices asked for; the text says what to do."""


def parse_indicator(body: Mapping[str, Any], known_at: datetime) -> list[dict[str, Any]]:
    """The records of ``GET /indicators/{id}``; raises :class:`EsiosError` for an unknown indicator or shape."""
    try:
        indicator = body["indicator"]
        market = MARKETS[indicator["id"]]
        rows = [(row["geo_id"], datetime.fromisoformat(row["datetime"]), row["value"]) for row in indicator["values"]]
    except (KeyError, TypeError, ValueError) as error:
        raise EsiosError(f"not an ESIOS indicator of prices ({error!r}); known ones: {sorted(MARKETS)}") from None
    length = _step({start for _, start, _ in rows})
    records = []
    for geo, start, price in rows:
        start = start.astimezone(timezone.utc)
        if geo == _CANARIAS:
            start += _canary_shift(start)
        records.append(_record(market, ZONES.get(geo, str(geo)), start, length, price, "esios", known_at))
    return records


def parse_pvpc_file(body: Mapping[str, Any], known_at: datetime) -> list[dict[str, Any]]:
    """The records of the public PVPC day file: peninsula, Balearics, Canaries (PCB), Ceuta and Melilla (CYM).

    Hours count by their place in the file: labels repeat or jump on the clock-change days.
    """
    if "PVPC" not in body:
        raise EsiosError(f"no PVPC in the file: {body.get('message', 'unknown shape')}")
    rows = body["PVPC"]
    columns = {"PCB": ("ES-peninsula", "ES-baleares", "ES-canarias"), "CYM": ("ES-ceuta", "ES-melilla")}
    if not rows or any(column not in row for row in rows for column in ("Dia", *columns)):
        raise EsiosError(
            "not a PVPC 2.0TD file: columns PCB and CYM are there from 2021-06-01 on, older days lack them"
        )
    day = datetime.strptime(rows[0]["Dia"], "%d/%m/%Y").date()  # noqa: DTZ007
    begin, end = local_day(day, MADRID)
    if len(rows) * _HOUR != end - begin:
        raise EsiosError(f"{day} has {(end - begin) // _HOUR} hours, the file {len(rows)}")
    records = []
    for index, row in enumerate(rows):
        for column, zones in columns.items():
            price = float(row[column].replace(".", "").replace(",", "."))
            for zone in zones:
                start = begin + index * _HOUR
                if zone == ZONES[_CANARIAS]:
                    start += _canary_shift(start)
                records.append(_record("pvpc", zone, start, _HOUR, price, "esios-archive", known_at))
    return records


def parse_apidatos(body: Mapping[str, Any], known_at: datetime) -> list[dict[str, Any]]:
    """The records of apidatos (peninsula only): PVPC (id 1001) and spot (id 600), chosen by id, never by place."""
    if "errors" in body:
        raise EsiosError("; ".join(str(error.get("detail", error)) for error in body["errors"]))
    records = []
    for series in body.get("included", []):
        number = int(series["id"])
        if number in MARKETS:
            values = series["attributes"]["values"]
            starts = [datetime.fromisoformat(value["datetime"]).astimezone(timezone.utc) for value in values]
            zone = ZONES[8741] if number == 1001 else ZONES[3]
            length = _step(set(starts))
            records += [
                _record(MARKETS[number], zone, start, length, value["value"], "apidatos", known_at)
                for start, value in zip(starts, values, strict=True)
            ]
    if not records:
        raise EsiosError("apidatos answered without a price series")
    return records


def fetch_indicator(
    session: requests.Session, number: int, day: date, token: str, known_at: datetime
) -> list[dict[str, Any]]:
    """One day of an indicator. Raises :class:`EsiosError` when the token is refused."""
    answer = session.get(
        f"{API}/indicators/{number}",
        params={"start_date": f"{day}T00:00", "end_date": f"{day}T23:59"},
        headers={
            "Accept": "application/json; application/vnd.esios-api-v1+json",
            "x-api-key": token,
            "User-Agent": "Mozilla/5.0 (compatible; solera)",  # others are refused with 403
        },
        timeout=TIMEOUT_S,
    )
    if answer.status_code in (401, 403):
        raise EsiosError("ESIOS refuses the token: ask for one at consultasios@ree.es and set ESIOS_TOKEN")
    answer.raise_for_status()
    return parse_indicator(answer.json(), known_at)


def fetch_pvpc_file(session: requests.Session, day: date, known_at: datetime) -> list[dict[str, Any]]:
    """One day of PVPC without a token; an empty list where the day is not published (yet)."""
    answer = session.get(
        f"{API}/archives/70/download_json",
        params={"locale": "es", "date": day.isoformat()},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    body = answer.json()
    return [] if NO_VALUES in str(body.get("message", "")) else parse_pvpc_file(body, known_at)


def fetch_apidatos(session: requests.Session, day: date, known_at: datetime) -> list[dict[str, Any]]:
    """One day of PVPC and spot from apidatos, peninsula alone, without a token; it keeps about the present month."""
    answer = session.get(
        APIDATOS,
        params={"start_date": f"{day}T00:00", "end_date": f"{day}T23:59", "time_trunc": "hour"},
        timeout=TIMEOUT_S,
    )
    if answer.status_code >= requests.codes.internal_server_error:
        answer.raise_for_status()
    return parse_apidatos(answer.json(), known_at)


def _canary_shift(start: datetime) -> timedelta:
    """From the instant a peninsular clock shows an hour to the instant the Canary clock shows the same one."""
    canary = start.astimezone(ZoneInfo("Atlantic/Canary")).utcoffset() or timedelta()
    return (start.astimezone(MADRID).utcoffset() or timedelta()) - canary


def _step(starts: Iterable[datetime]) -> timedelta:
    ordered = sorted(start.astimezone(timezone.utc) for start in starts)
    if len(ordered) < 2:
        return _HOUR
    return min(later - earlier for earlier, later in pairwise(ordered))


def _record(
    market: str,
    zone: str,
    start: datetime,
    length: timedelta,
    price: float,
    provider: str,
    known_at: datetime,
) -> dict[str, Any]:
    return {
        "schema": 1, "market": market, "zone": zone, "start": start, "end": start + length,
        "price_eur_mwh": float(price), "provider": provider, "known_at": known_at,
    }  # fmt: skip
