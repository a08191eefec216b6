"""AEMET's stations: their inventory, their observations of the last hours, and their whole days.

Pure functions from decoded JSON to ``weather`` records (UTC, the topic's units), and to plain rows of stations. A row
or a cell that can't be read is left out and said; the others stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Any, TypeVar

import numpy as np

from conf.stations import DAILY_VALUES
from ingest.sources.aemet.cells import HOUR, ODD, day_of, instant, number, station_of, weather
from ingest.sources.source import Progress, Record, SourceError, Unreadable, log

T = TypeVar("T")
_OBSERVED = {
    "temperature_c": "ta", "relative_humidity": "hr", "wind_speed_m_s": "vv", "wind_gust_m_s": "vmax",
    "precipitation_mm": "prec",
}  # fmt: skip
_DAILY = {
    "temperature_c": "tmed", "precipitation_mm": "prec", "wind_speed_m_s": "velmedia", "wind_gust_m_s": "racha",
    "relative_humidity": "hrMedia",
}  # fmt: skip


def observations(
    body: Iterable[Mapping[str, Any]], known_at: datetime, progress: Progress = log.warning
) -> list[Record]:
    """``weather`` records of the stations' last hours; ``fint`` (UTC) is the hour's end. Absent sensors stay absent."""
    return _each(body, partial(_observation, known_at), "observations", progress)


def stations(body: Iterable[Mapping[str, Any]], progress: Progress = log.warning) -> list[dict[str, Any]]:
    """The station inventory: code, name, province, altitude in m, latitude and longitude in degrees."""
    return _each(body, _station, "stations", progress)


def daily_values(
    body: Iterable[Mapping[str, Any]],
    latitudes: Mapping[str, float],
    known_at: datetime,
    progress: Progress = log.warning,
) -> list[Record]:
    """``weather`` records of stations' whole days, at 00:00 UTC; ``latitudes`` in degrees, by station.

    Temperature and wind are the day's means. Clouds are what kept the sun from being seen: one less the hours of
    sunshine over those of daylight. ``Ip`` (below 0.1 mm) is 0.0, ``Acum`` (summed into a later day) is absent.
    """
    return _each(body, partial(_whole_day, latitudes, known_at), "daily values", progress)


def degrees(text: str) -> float:
    """Degrees of ``DDMMSS`` and a letter of N, S, E, W (O for west too), south and west negative."""
    digits, letter = text[:-1], text[-1].upper()
    size = int(digits[:-4]) + int(digits[-4:-2]) / 60 + int(digits[-2:]) / 3600
    return -size if letter in "SWO" else size


def daylight_hours(latitude: float, day_of_year: int) -> float:
    """Hours between sunrise and sunset at ``latitude`` (degrees), 0 in the polar night, by Cooper's declination."""
    # Every command would wait for the library, which two of them need.
    from pvlib.solarposition import declination_cooper69

    declination = float(declination_cooper69(day_of_year))
    return float(24 / np.pi * np.arccos(np.clip(-np.tan(np.radians(latitude)) * np.tan(declination), -1, 1)))


def _each(
    body: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any], Unreadable], T],
    name: str,
    progress: Progress,
) -> list[T]:
    """Each row as ``read`` returns it. Raises :class:`SourceError` where none of them can be read."""
    made: list[T] = []
    rows = list(body) if isinstance(body, list) else []
    with Unreadable(f"AEMET's {name}", progress) as unreadable:
        for row in rows:
            try:
                made.append(read(row, unreadable))
            except ODD as error:
                unreadable.add(f"{type(error).__name__} {error} in {row}")
    if not made and (rows or not isinstance(body, list)):
        raise SourceError(f"AEMET's {name} have another form")
    return made


def _observation(known_at: datetime, row: Mapping[str, Any], unreadable: Unreadable) -> Record:
    station = station_of(row["idema"])
    fields = {name: number(row.get(key), unreadable, f"{station} {key}") for name, key in _OBSERVED.items()}
    return weather(station, (known_at, instant(row["fint"]) - HOUR), "observation", fields)


def _station(row: Mapping[str, Any], _unreadable: Unreadable) -> dict[str, Any]:
    return {
        "station": station_of(row["indicativo"]), "name": row["nombre"], "province": row["provincia"],
        "altitude_m": float(row["altitud"]),
        "latitude": degrees(row["latitud"]), "longitude": degrees(row["longitud"]),
    }  # fmt: skip


def _whole_day(
    latitudes: Mapping[str, float], known_at: datetime, row: Mapping[str, Any], unreadable: Unreadable
) -> Record:
    station, start = station_of(row["indicativo"]), day_of(row["fecha"]).replace(tzinfo=timezone.utc)
    fields = {name: number(row.get(key), unreadable, f"{station} {key}") for name, key in _DAILY.items()}
    sunshine = number(row.get("sol"), unreadable, f"{station} sol")
    if sunshine is not None and station in latitudes:
        daylight = daylight_hours(latitudes[station], start.timetuple().tm_yday)
        fields["cloud_fraction"] = 1.0 - min(max(sunshine, 0.0) / daylight, 1.0) if daylight else None
    return weather(station, (known_at, start), "observation", fields, DAILY_VALUES)
