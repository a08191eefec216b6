"""What AEMET's answers mean: municipal forecasts, observations, stations and their daily values.

Pure functions from decoded JSON to ``weather`` records (UTC, the topic's units), stations to plain rows. Municipal
forecasts are in the municipality's local time; wind comes in km/h, gusts too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from conf.stations import DAILY_VALUES

PROVIDER = "aemet"
_HOUR = timedelta(hours=1)
_KMH = 3.6
_CANARY_PROVINCES = ("35", "38")

# Share of the sky covered, by AEMET's state-of-sky code without its night mark "n". The first digit is the
# phenomenon (rain, snow, storm), the second the clouds.
_CLEAR = {
    "11": 0.0,
    "12": 0.2,
    "13": 0.4,
    "14": 0.6,
    "15": 0.8,
    "16": 1.0,
    "17": 0.3,
    "81": 1.0,
    "82": 0.5,
    "83": 0.3,
}
_WET_BY_SECOND_DIGIT = {"3": 0.4, "4": 0.6, "5": 0.8, "6": 1.0}
_STORM_BY_SECOND_DIGIT = {"1": 0.4, "2": 0.6, "3": 0.8, "4": 1.0}


def municipality_zone(code: str) -> ZoneInfo:
    """The time zone of a municipality by its five-digit INE code."""
    return ZoneInfo("Atlantic/Canary" if code[:2] in _CANARY_PROVINCES else "Europe/Madrid")


def cloud_fraction(sky_code: str) -> float | None:
    """Share of the sky covered (0 to 1), None for a code that says nothing of clouds."""
    code = sky_code.rstrip("n")
    if code in _CLEAR:
        return _CLEAR[code]
    if len(code) == 2 and code[0] in "234":
        return _WET_BY_SECOND_DIGIT.get(code[1])
    if len(code) == 2 and code[0] in "567":
        return _STORM_BY_SECOND_DIGIT.get(code[1])
    return None


def hourly_forecast(body: Sequence[Mapping[str, Any]], code: str) -> list[dict[str, Any]]:
    """``weather`` records of a municipality's hourly forecast; ``code`` is its five-digit INE code."""
    (answer,) = body
    zone = municipality_zone(code)
    issued_at = _local(answer["elaborado"], zone)
    records = []
    for day in answer["prediccion"]["dia"]:
        midnight = datetime.fromisoformat(day["fecha"])
        hours: dict[int, dict[str, Any]] = {}
        for name, key in (("temperatura", "temperature_c"), ("precipitacion", "precipitation_mm"),
                          ("humedadRelativa", "relative_humidity")):  # fmt: skip
            for hour, value in _values(day.get(name, [])):
                hours.setdefault(hour, {})[key] = _number(value)
        for hour, value in _values(day.get("estadoCielo", [])):
            hours.setdefault(hour, {}).update(sky_code=value, cloud_fraction=cloud_fraction(value))
        for entry in day.get("vientoAndRachaMax", []):
            hour = int(entry["periodo"])
            if "velocidad" in entry:
                hours.setdefault(hour, {})["wind_speed_m_s"] = _kmh(entry["velocidad"][0])
            else:
                hours.setdefault(hour, {})["wind_gust_m_s"] = _kmh(entry["value"])
        probability = dict(_six_hours(day.get("probPrecipitacion", [])))
        for hour, fields in sorted(hours.items()):
            fields["precipitation_probability"] = probability.get(hour)
            start = (midnight + hour * _HOUR).replace(tzinfo=zone).astimezone(timezone.utc)
            records.append(_weather(code, issued_at, start, "forecast", fields))
    return records


def daily_forecast(body: Sequence[Mapping[str, Any]], code: str) -> list[dict[str, Any]]:
    """``weather`` records of the daily forecast, one every six local hours, or one at noon for the far days.

    Temperature at 6, 12, 18 and 24 h is as stated; where only the extremes are given, noon has their mean.
    """
    (answer,) = body
    zone = municipality_zone(code)
    issued_at = _local(answer["elaborado"], zone)
    records = []
    for day in answer["prediccion"]["dia"]:
        midnight = datetime.fromisoformat(day["fecha"])
        stated = {entry["hora"]: float(entry["value"]) for entry in day["temperatura"].get("dato", [])}
        extremes = (day["temperatura"].get("maxima"), day["temperatura"].get("minima"))
        if not stated and None not in extremes:
            stated = {12: (float(extremes[0]) + float(extremes[1])) / 2}
        for hour, temperature in stated.items():
            sky = _covering(day["estadoCielo"], hour)
            wind = _covering(day["viento"], hour, "velocidad")
            rain = _covering(day["probPrecipitacion"], hour)
            start = (midnight + hour * _HOUR).replace(tzinfo=zone).astimezone(timezone.utc)
            fields = {
                "temperature_c": temperature,
                "sky_code": sky or None,
                "cloud_fraction": cloud_fraction(str(sky)) if sky else None,
                "wind_speed_m_s": None if wind in (None, "") else float(wind) / _KMH,
                "precipitation_probability": None if rain in (None, "") else float(rain) / 100,
            }
            records.append(_weather(code, issued_at, start, "forecast", fields))
    return records


def observations(body: Sequence[Mapping[str, Any]], known_at: datetime) -> list[dict[str, Any]]:
    """``weather`` records of a station's last hours; ``fint`` (UTC) is the hour's end. Absent sensors stay absent."""
    records = []
    for row in body:
        stated = datetime.fromisoformat(row["fint"].replace("+0000", "+00:00"))
        end = stated if stated.tzinfo else stated.replace(tzinfo=timezone.utc)
        fields = {
            "temperature_c": row.get("ta"),
            "relative_humidity": row.get("hr"),
            "wind_speed_m_s": row.get("vv"),
            "wind_gust_m_s": row.get("vmax"),
            "precipitation_mm": row.get("prec"),
        }
        records.append(_weather(row["idema"], known_at, end - _HOUR, "observation", fields))
    return records


def stations(body: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The station inventory: code, name, province, altitude in m, latitude and longitude in degrees."""
    return [
        {
            "station": row["indicativo"], "name": row["nombre"], "province": row["provincia"],
            "altitude_m": float(row["altitud"]),
            "latitude": degrees(row["latitud"]), "longitude": degrees(row["longitud"]),
        }
        for row in body
    ]  # fmt: skip


def degrees(text: str) -> float:
    """Degrees of ``DDMMSS`` and a letter of N, S, E, W (O for west too), south and west negative."""
    number, letter = text[:-1], text[-1].upper()
    size = int(number[:-4]) + int(number[-4:-2]) / 60 + int(number[-2:]) / 3600
    return -size if letter in "SWO" else size


def daily_values(
    body: Sequence[Mapping[str, Any]], latitudes: Mapping[str, float], known_at: datetime
) -> list[dict[str, Any]]:
    """``weather`` records of stations' whole days, at 00:00 UTC; ``latitudes`` in degrees, by station.

    Temperature and wind are the day's means. Clouds are what kept the sun from being seen: one less the hours of
    sunshine over those of daylight. ``Ip`` (below 0.1 mm) is 0.0, ``Acum`` (summed into a later day) is absent.
    """
    names = {
        "tmed": "temperature_c", "prec": "precipitation_mm", "velmedia": "wind_speed_m_s",
        "racha": "wind_gust_m_s", "hrMedia": "relative_humidity",
    }  # fmt: skip
    records = []
    for row in body:
        station, start = row["indicativo"], datetime.fromisoformat(row["fecha"]).replace(tzinfo=timezone.utc)
        fields = {name: _number(row.get(key)) for key, name in names.items()}
        sunshine = _number(row.get("sol"))
        if sunshine is not None and station in latitudes:
            share = sunshine / daylight_hours(latitudes[station], start.timetuple().tm_yday)
            fields["cloud_fraction"] = 1.0 - min(share, 1.0)
        records.append(_weather(station, known_at, start, "observation", fields, DAILY_VALUES))
    return records


def daylight_hours(latitude: float, day_of_year: int) -> float:
    """Hours between sunrise and sunset at ``latitude`` (degrees), outside the polar circles.

    By Cooper's declination (Solar Energy 12, 1969): 23.45° sin(360° (284 + day) / 365).
    """
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)
    return 24 / math.pi * math.acos(-math.tan(math.radians(latitude)) * math.tan(declination))


def _weather(
    location: str,
    issued_at: datetime,
    start: datetime,
    kind: str,
    fields: Mapping[str, Any],
    provider: str = PROVIDER,
) -> dict[str, Any]:
    return {
        "schema": 1, "location_id": location, "issued_at": issued_at, "time": start, "provider": provider,
        "kind": kind, **{name: value for name, value in fields.items() if value is not None},
    }  # fmt: skip


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(timezone.utc)


def _values(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    return ((int(entry["periodo"]), entry["value"]) for entry in entries if entry["value"] != "")


def _six_hours(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, float]]:
    """Hour and probability (0 to 1) of periods such as ``0713`` and ``1901``, which runs past midnight."""
    for entry in entries:
        if entry["value"] != "":
            begin, end = int(entry["periodo"][:2]), int(entry["periodo"][2:])
            for hour in range(begin, end if end > begin else 24):
                yield hour, float(entry["value"]) / 100


def _covering(entries: Sequence[Mapping[str, Any]], hour: int, field: str = "value") -> Any:
    """The value of the shortest period that holds the hour and says something; far days have one without period."""
    found: list[tuple[int, Any]] = []
    for entry in entries:
        begin, end = (int(part) for part in entry.get("periodo", "00-24").split("-"))
        if begin <= min(hour, 23) < end and entry[field] not in ("", None):
            found.append((end - begin, entry[field]))
    return min(found, key=lambda each: each[0])[1] if found else None


def _kmh(text: str) -> float | None:
    return None if text == "" else float(text) / _KMH


def _number(value: Any) -> float | None:
    """A number of AEMET's: decimal comma or dot, ``Ip`` for a trace; None for what is no number."""
    if value is None or value in ("", "Acum", "Varias"):
        return None
    if value == "Ip":
        return 0.0
    return float(str(value).replace(",", "."))
