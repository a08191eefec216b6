"""The forecasts of a world's places as AEMET writes them: by the hour in strings, by the day in numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from energy.calendar import CANARY, MADRID
from ingest.catalogue.entries import InstallationEntry
from ingest.simulator.place import place
from ingest.simulator.truth.weather import Conditions, Weather

CODES = {0.0: "11", 0.2: "12", 0.4: "13", 0.6: "14", 0.8: "15", 1.0: "16"}
"""States of the sky by the share that clouds cover."""
KMH = 3.6
HOURS, DAYS = 48, 7
"""The reach of the forecasts."""
SIX_HOURS = ((1, 7), (7, 13), (13, 19), (19, 25))
FINE = ((0, 24), (0, 12), (12, 24), (0, 6), (6, 12), (12, 18), (18, 24))
"""Periods of the first two days; the two behind have three, the last ones none."""
_PATH = re.compile(r"/prediccion/especifica/municipio/(horaria|diaria)/(\d{5})")
At = Callable[[int], Conditions]
"""The forecast of an hour of a local day."""


def find(places: Mapping[str, Weather], now: Callable[[], datetime]) -> Callable[[str], Any | None]:
    """The forecast of a path, issued now, of ``places`` by INE code; None for any other path or place."""

    def found(path: str) -> Any | None:
        asked = _PATH.fullmatch(path)
        if asked is None or asked[2] not in places:
            return None
        form = hourly if asked[1] == "horaria" else daily
        return form(asked[2], places[asked[2]], now())

    return found


def places(
    entries: Iterable[InstallationEntry], seed: int, clouds: Mapping[str, Mapping[datetime, float]]
) -> dict[str, Weather]:
    """The weather of each municipality, that of the first installation in it."""
    found: dict[str, Weather] = {}
    for entry in entries:
        if entry.municipality_code and entry.municipality_code not in found:
            code = entry.municipality_code
            found[code] = Weather(code, seed, clouds[entry.installation_id], place(entry)[0])
    return found


def issued_at(code: str, now: datetime) -> datetime:
    """The instant (UTC) at which the forecast was made that is had ``now``: at the hour."""
    return now.astimezone(_zone(code)).replace(minute=0, second=0, microsecond=0).astimezone(timezone.utc)


def hourly(code: str, weather: Weather, now: datetime) -> Any:
    """The forecast from the local hour of ``now`` on. Each day has labels 00 to 23, also one whose clocks skip one."""
    issued = issued_at(code, now)
    local = issued.astimezone(_zone(code)).replace(tzinfo=None)
    labels = [local + timedelta(hours=n) for n in range(HOURS)]
    days = []
    for day in sorted({label.date() for label in labels}):
        shown = [label.hour for label in labels if label.date() == day]
        days.append(_of_hours(day, _at(code, weather, issued, day), shown))
    return _opened(code, local, days)


def daily(code: str, weather: Weather, now: datetime) -> Any:
    """The forecast from the local day of ``now`` on."""
    issued = issued_at(code, now)
    local = issued.astimezone(_zone(code)).replace(tzinfo=None)
    days = [local.date() + timedelta(days=n) for n in range(DAYS)]
    of = [_of_day(day, number, _at(code, weather, issued, day)) for number, day in enumerate(days)]
    return _opened(code, local, of)


def _zone(code: str) -> ZoneInfo:
    return CANARY if code[:2] in ("35", "38") else MADRID


def _at(code: str, weather: Weather, issued: datetime, day: date) -> At:
    """Forecasts of a local day, by the hour of its clock, to 24; of two equal hours the first."""

    def at(hour: int) -> Conditions:
        label = datetime.combine(day, time()) + timedelta(hours=hour)
        return weather.forecast(issued, label.replace(tzinfo=_zone(code)).astimezone(timezone.utc))

    return at


def _opened(code: str, local: datetime, days: list[dict[str, Any]]) -> Any:
    origin = {"productor": "Agencia Estatal de Meteorología - AEMET. Gobierno de España", "language": "es"}
    return [{"origen": origin, "elaborado": f"{local:%Y-%m-%dT%H:%M:%S}", "nombre": "Municipio", "provincia": "España",
             "prediccion": {"dia": days}, "id": int(code), "version": 1.0}]  # fmt: skip


def _of_hours(day: date, at: At, hours: list[int]) -> dict[str, Any]:
    """All values are strings; of what is over the chance of rain is blank."""
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("estadoCielo", "precipitacion", "temperatura", "humedadRelativa", "vientoAndRachaMax")
    }
    for hour in hours:
        is_night, period, of = not 7 <= hour < 21, f"{hour:02}", at(hour)
        rows["estadoCielo"].append({"value": sky(of) + "n" * is_night, "periodo": period, "descripcion": "…"})
        rows["precipitacion"].append({"value": "Ip" if 0 < of.rain < 0.5 else f"{of.rain:.1f}", "periodo": period})
        rows["temperatura"].append({"value": f"{of.temperature_c:.0f}", "periodo": period})
        rows["humedadRelativa"].append({"value": f"{of.humidity:.0f}", "periodo": period})
        mean = {"direccion": ["NE"], "velocidad": [f"{of.wind_m_s * KMH:.0f}"], "periodo": period}
        rows["vientoAndRachaMax"] += [mean, {"value": f"{of.gust_m_s * KMH:.0f}", "periodo": period}]
    chances = [
        {"value": f"{at(begin).rain * 100:.0f}" if hours[0] < end else "", "periodo": f"{begin:02}{end % 24:02}"}
        for begin, end in SIX_HOURS
    ]
    return {**rows, "probPrecipitacion": chances, "fecha": f"{day}T00:00:00", "orto": "07:30", "ocaso": "19:30"}


def _of_day(day: date, number: int, at: At) -> dict[str, Any]:
    """Numbers are numbers here; far days have no periods, and extremes alone."""
    periods = FINE if number < 2 else FINE[:3] if number < 4 else FINE[:1]
    sky_rows, wind, rain = [], [], []
    for begin, end in periods:
        named = {} if number >= 4 else {"periodo": f"{begin:02}-{end:02}"}
        of = at((begin + end) // 2)
        sky_rows.append({"value": sky(of), **named, "descripcion": "…"})
        wind.append({"direccion": "NE", "velocidad": round(of.wind_m_s * KMH), **named})
        rain.append({"value": round(of.rain * 100), **named})
    warmth = [at(hour).temperature_c for hour in range(24)]
    hours = (6, 12, 18, 24) if number < 2 else ()
    dated = [{"value": round(at(hour).temperature_c), "hora": hour} for hour in hours]
    humidity = round(fmean(at(hour).humidity for hour in range(24)))
    return {
        "estadoCielo": sky_rows, "viento": wind, "probPrecipitacion": rain, "uvMax": 5,
        "temperatura": {"maxima": round(max(warmth)), "minima": round(min(warmth)), "dato": dated},
        "humedadRelativa": {"maxima": humidity, "minima": humidity, "dato": []}, "fecha": f"{day}T00:00:00",
    }  # fmt: skip


def sky(of: Conditions) -> str:
    """The code of the state of the sky that is nearest."""
    return CODES[min(CODES, key=lambda share: abs(share - of.cloud_fraction))]
