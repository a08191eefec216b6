"""The stations of a world's places as AEMET states them: their inventory, their last hours, their whole days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from statistics import fmean
from typing import Any

from conf.stations import municipality_of_station
from ingest.simulator.truth.weather import HOUR, Weather
from ingest.sources.aemet.stations import daylight_hours

OBSERVED = "/observacion/convencional/todas"
INVENTORY = "/valores/climatologicos/inventarioestaciones/todasestaciones"
OBSERVED_HOURS, MOST_DAYS = 12, 15
OUT_DAYS = 4
"""A whole day is out so many days later."""
_DAYS = re.compile(
    r"/valores/climatologicos/diarios/datos/fechaini/([\d-]{10})T00:00:00UTC/fechafin/([\d-]{10})T23:59:59UTC"
    r"/todasestaciones"
)
Row = dict[str, Any]


def find(places: Mapping[str, Weather], now: Callable[[], datetime]) -> Callable[[str], Any | None]:
    """The answer about the stations of ``places`` by INE code; None for another, too many days, or none out."""
    stations = {station(code): weather for code, weather in places.items()}

    def found(path: str) -> list[Row] | None:
        if path == OBSERVED:
            return [row for name, weather in stations.items() for row in observed(name, weather, now())] or None
        if path == INVENTORY:
            return [_listed(name, weather) for name, weather in stations.items()] or None
        asked = _DAYS.fullmatch(path)
        if asked is None:
            return None
        first, last = (date.fromisoformat(day) for day in asked.groups())
        out = min(last, now().date() - timedelta(days=OUT_DAYS))
        if (last - first).days >= MOST_DAYS:
            return None
        days = [first + timedelta(days=n) for n in range((out - first).days + 1)]
        return [whole_day(name, weather, day) for day in days for name, weather in stations.items()] or None

    return found


def station(code: str) -> str:
    """AEMET's code of the station of a municipality."""
    known = {municipality: name for name, municipality in municipality_of_station().items()}
    return known.get(code, f"{code}X")


def observed(name: str, weather: Weather, now: datetime) -> Iterator[Row]:
    """A station's last hours, named by their end; a sensor that is not there is a key that is not there."""
    end = now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    for back in range(OBSERVED_HOURS):
        at = end - back * HOUR
        of = weather.at(at - HOUR)
        row = {
            "idema": name, "ubi": "ESTACIÓN", "fint": f"{at:%Y-%m-%dT%H:%M:%S+0000}", "prec": 0.0,
            "ta": round(of.temperature_c, 1), "vv": round(of.wind_m_s, 1), "vmax": round(of.gust_m_s, 1),
        }  # fmt: skip
        yield row if back % 3 else {**row, "hr": round(of.humidity)}


def whole_day(name: str, weather: Weather, day: date) -> Row:
    """A station's UTC day in texts with decimal commas; a trace of rain is Ip."""
    begin = datetime.combine(day, time(), timezone.utc)
    hours = [weather.at(begin + n * HOUR) for n in range(24)]
    clear = 1.0 - fmean(of.cloud_fraction for of in hours)
    sun = clear * daylight_hours(weather.latitude, day.timetuple().tm_yday)
    return {
        "fecha": f"{day}", "indicativo": name, "nombre": "ESTACIÓN", "provincia": "ESPAÑA", "altitud": "667",
        "tmed": _comma(fmean(of.temperature_c for of in hours)), "prec": "Ip", "dir": "99", "horatmin": "Varias",
        "velmedia": _comma(fmean(of.wind_m_s for of in hours)), "racha": _comma(max(of.gust_m_s for of in hours)),
        "sol": _comma(sun), "hrMedia": f"{fmean(of.humidity for of in hours):.0f}",
    }  # fmt: skip


def _listed(name: str, weather: Weather) -> Row:
    seconds = round(abs(weather.latitude) * 3600)
    latitude = f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}{'N' if weather.latitude >= 0 else 'S'}"
    return {"indicativo": name, "nombre": "ESTACIÓN", "provincia": "ESPAÑA", "altitud": "667", "indsinop": "",
            "latitud": latitude, "longitud": "034200W"}  # fmt: skip


def _comma(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")
