"""Red Eléctrica's prices of a world: ESIOS' indicators, the PVPC's day file, apidatos, and what they err in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from energy.calendar import MADRID
from ingest.simulator.doors.web import Answer, Asked
from ingest.simulator.truth.market import PVPC_OUT, SPOT_OUT, Market, out_at

INDICATORS, ARCHIVE = "/indicators/", "/archives/70/download_json"
APIDATOS = "/es/datos/mercados/precios-mercados-tiempo-real"
GEOS = {8741: "Península", 8742: "Canarias", 8743: "Baleares", 8744: "Ceuta", 8745: "Melilla"}
SPAIN = {3: "España"}
NAMES = {"1001": "PVPC", "1739": "Excedentes", "600": "Mercado SPOT"}


class Esios:
    """The door that answers what of ``market`` is out ``now``, by ``token`` if it has one, and to browsers alone."""

    def __init__(self, market: Market, now: Callable[[], datetime], token: str) -> None:
        self._market, self._now, self.token = market, now, token

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request; None where the path is none of its own."""
        is_own = asked.path in (ARCHIVE, APIDATOS) or asked.path.startswith(INDICATORS)
        if not is_own:
            return None
        if not (asked.headers["User-Agent"] or "").startswith("Mozilla"):
            return Answer(403)
        day = date.fromisoformat((asked.query.get("date") or asked.query["start_date"])[:10])
        if asked.path == ARCHIVE:
            return self._archive(day)
        if asked.path == APIDATOS:
            return self._apidatos(day)
        if asked.headers["x-api-key"] != self.token:
            return Answer(401)
        return self._indicator(asked.path.removeprefix(INDICATORS), day)

    def _prices(self, number: str, day: date, geo: int = 8741) -> list[tuple[datetime, float]]:
        """Start (UTC) and price of each period of an indicator; none where the day is not out."""
        if self._now() < out_at(day, SPOT_OUT if number == "600" else PVPC_OUT):
            return []
        if number == "600":
            return list(zip(self._market.starts(day), self._market.spot(day), strict=True))
        column = "CYM" if geo in (8744, 8745) else "PCB"
        prices = self._market.surplus(day) if number == "1739" else self._market.pvpc(day, column)
        return list(zip(self._market.starts(day, hourly=True), prices, strict=True))

    def _indicator(self, number: str, day: date) -> Answer:
        if number not in NAMES:
            return Answer(404)
        geos = GEOS if number == "1001" else SPAIN
        values = [
            {"value": price, **_times(start), "geo_id": geo, "geo_name": name}
            for geo, name in geos.items()
            for start, price in self._prices(number, day, geo)
        ]
        listed = [{"geo_id": geo, "geo_name": name} for geo, name in geos.items()]
        body = {"name": NAMES[number], "short_name": NAMES[number], "id": int(number), "step_type": "linear",
                "magnitud": [{"name": "Precio", "id": 23}], "geos": listed, "values": values}  # fmt: skip
        return _json({"indicator": body})

    def _archive(self, day: date) -> Answer:
        """Labels run on to 24-25 in autumn, and lack 02-03 in spring; prices are texts with a decimal comma."""
        columns = {"PCB": self._prices("1001", day), "CYM": self._prices("1001", day, 8744)}
        if not columns["PCB"]:
            return _json({"message": "No values for specified archive"})
        count = len(columns["PCB"])
        labels = [hour for hour in range(25) if hour != 2] if count == 23 else range(count)
        rows = [
            {"Dia": f"{day:%d/%m/%Y}", "Hora": f"{label:02}-{label + 1:02}",
             **{name: f"{of[n][1]:.2f}".replace(".", ",") for name, of in columns.items()}}
            for n, label in enumerate(list(labels)[:count])
        ]  # fmt: skip
        return _json({"PVPC": rows})

    def _apidatos(self, day: date) -> Answer:
        series = [(number, name, self._prices(number, day)) for number, name in (("1001", "PVPC"), ("600", "Spot"))]
        if not series[0][2]:
            errors = [{"status": "400", "title": "Sin datos", "detail": "There are no data for the selected filters."}]
            return _json({"errors": errors}, 400)
        included = [
            {"type": name, "id": number, "attributes": {"title": name, "values": _values(of)}}
            for number, name, of in reversed(series)
        ]
        return _json({"data": {"type": "Precios", "id": "mer13", "attributes": {}}, "included": included})


def _values(prices: Iterable[tuple[datetime, float]]) -> list[dict[str, Any]]:
    return [{"value": price, "percentage": 1, "datetime": _local(start)} for start, price in prices]


def _local(start: datetime) -> str:
    return start.astimezone(MADRID).isoformat(timespec="milliseconds")


def _times(start: datetime) -> dict[str, str]:
    """The times of a value; of the second 02:00 of October ``datetime_utc`` names the first."""
    local = start.astimezone(MADRID)
    wrong = start - timedelta(hours=1) if local.fold else start
    return {"datetime": _local(start), "datetime_utc": f"{wrong.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
            "tz_time": f"{start.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"}  # fmt: skip


def _json(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())
