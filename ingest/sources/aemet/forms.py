"""AEMET's municipal forecasts, by the hour and by the day.

Pure functions from decoded JSON to ``weather`` records (UTC, the topic's units). The forecasts are in the
municipality's local time; wind comes in km/h, gusts too. An entry that can't be read is left out and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from energy.calendar import CANARY, MADRID
from ingest.sources.aemet.cells import HOUR, KMH, ODD, day_of, hour_of, number, weather
from ingest.sources.aemet.sky import cloud_fraction
from ingest.sources.source import Progress, Record, SourceError, Unreadable, log

_CANARY_PROVINCES = ("35", "38")
_PLAIN = {"temperatura": "temperature_c", "precipitacion": "precipitation_mm", "humedadRelativa": "relative_humidity"}
Hours = dict[datetime, dict[str, Any]]
"""Fields by local hour, without its zone."""


def municipality_zone(code: str) -> ZoneInfo:
    """The time zone of a municipality by its five-digit INE code."""
    return CANARY if code[:2] in _CANARY_PROVINCES else MADRID


def hourly_forecast(body: Sequence[Mapping[str, Any]], code: str, progress: Progress = log.warning) -> list[Record]:
    """``weather`` records of a municipality's hourly forecast; ``code`` is its five-digit INE code.

    Raises :class:`SourceError` for an answer of another form.
    """
    issued_at, days = _opened(body, code)
    hours: Hours = {}
    rain: dict[datetime, float] = {}
    with Unreadable(f"AEMET's hourly forecast of {code}", progress) as unreadable:
        for day, midnight in _days(days, unreadable):
            for hour, fields in _stated(day, unreadable):
                hours.setdefault(midnight + hour * HOUR, {}).update(fields)
            rain |= {midnight + hour * HOUR: share for hour, share in _chances(day, unreadable)}
    for local, fields in hours.items():
        fields["precipitation_probability"] = rain.get(local)
    return _records(hours, code, issued_at)


def daily_forecast(body: Sequence[Mapping[str, Any]], code: str, progress: Progress = log.warning) -> list[Record]:
    """``weather`` records of the daily forecast, one every six local hours, or one at noon for the far days.

    Temperature at 6, 12, 18 and 24 h is as stated; where only the extremes are given, noon has their mean.
    Raises :class:`SourceError` for an answer of another form.
    """
    issued_at, days = _opened(body, code)
    hours: Hours = {}
    with Unreadable(f"AEMET's daily forecast of {code}", progress) as unreadable:
        for day, midnight in _days(days, unreadable):
            try:
                temperatures = _temperatures(day, unreadable)
            except ODD as error:
                unreadable.add(f"{type(error).__name__} {error} in the temperatures of {midnight:%Y-%m-%d}")
                continue
            for hour, temperature in temperatures.items():
                hours[midnight + hour * HOUR] = {"temperature_c": temperature, **_around(day, hour, unreadable)}
    return _records(hours, code, issued_at)


def _opened(body: Any, code: str) -> tuple[datetime, list[Any]]:
    """Instant of issue (UTC) and the days of a forecast."""
    try:
        (answer,) = body
        issued_at = datetime.fromisoformat(answer["elaborado"]).replace(tzinfo=municipality_zone(code))
        return issued_at.astimezone(timezone.utc), list(answer["prediccion"]["dia"])
    except ODD as error:
        raise SourceError(f"AEMET's forecast of {code} has another form ({type(error).__name__}: {error})") from None


def _days(days: Sequence[Any], unreadable: Unreadable) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    """Each day that names its date, and its local midnight."""
    for day in days:
        try:
            yield day, day_of(day["fecha"])
        except ODD as error:
            unreadable.add(f"a day without its date ({type(error).__name__})")


def _records(hours: Hours, code: str, issued_at: datetime) -> list[Record]:
    zone = municipality_zone(code)
    records = []
    for local, fields in sorted(hours.items(), key=lambda each: each[0]):
        start = local.replace(tzinfo=zone).astimezone(timezone.utc)
        # The hour that clocks skip in spring does not exist.
        if start.astimezone(zone).replace(tzinfo=None) == local:
            records.append(weather(code, (issued_at, start), "forecast", fields))
    return records


def _entries(day: Mapping[str, Any], name: str, unreadable: Unreadable) -> Iterator[Mapping[str, Any]]:
    stated = day.get(name) or []
    for entry in stated if isinstance(stated, list) else [stated]:
        if isinstance(entry, Mapping):
            yield entry
        else:
            unreadable.add(f"{name}: {entry!r}")


def _stated(day: Mapping[str, Any], unreadable: Unreadable) -> Iterator[tuple[int, dict[str, Any]]]:
    """Local hour and fields of every entry of a day by the hour."""
    for name in (*_PLAIN, "estadoCielo", "vientoAndRachaMax"):
        for entry in _entries(day, name, unreadable):
            try:
                hour, fields = hour_of(entry["periodo"]), _fields(name, entry, unreadable)
            except ODD as error:
                unreadable.add(f"{name}: {type(error).__name__} {error} in {entry}")
                continue
            if fields:
                yield hour, fields


def _fields(name: str, entry: Mapping[str, Any], unreadable: Unreadable) -> dict[str, Any]:
    if name == "estadoCielo":
        code = entry["value"]
        return {"sky_code": code, "cloud_fraction": cloud_fraction(code)} if isinstance(code, str) and code else {}
    if name == "vientoAndRachaMax":
        is_mean = "velocidad" in entry
        speed = number(entry["velocidad"][0] if is_mean else entry["value"], unreadable, name)
        return {} if speed is None else {"wind_speed_m_s" if is_mean else "wind_gust_m_s": speed / KMH}
    value = number(entry["value"], unreadable, name)
    return {} if value is None else {_PLAIN[name]: value}


def _chances(day: Mapping[str, Any], unreadable: Unreadable) -> Iterator[tuple[int, float]]:
    """Hour and probability of rain (0 to 1) of periods such as ``0713``; ``1901`` ends after the next midnight."""
    for entry in _entries(day, "probPrecipitacion", unreadable):
        try:
            percent = number(entry["value"], unreadable, "probPrecipitacion")
            begin, end = hour_of(entry["periodo"][:2]), hour_of(entry["periodo"][2:])
        except ODD as error:
            unreadable.add(f"probPrecipitacion: {type(error).__name__} {error} in {entry}")
            continue
        if percent is not None and 0 <= percent <= 100:
            for hour in range(begin, end if end > begin else end + 24):
                yield hour, percent / 100


def _temperatures(day: Mapping[str, Any], unreadable: Unreadable) -> dict[int, float]:
    stated = day["temperatura"]
    known: dict[int, float] = {}
    for entry in stated.get("dato") or []:
        value = number(entry["value"], unreadable, "dato")
        if value is not None:
            known[hour_of(entry["hora"])] = value
    extremes = [number(stated.get(name), unreadable, name) for name in ("maxima", "minima")]
    both = [value for value in extremes if value is not None]
    return known or ({12: sum(both) / 2} if len(both) == 2 else {})


def _around(day: Mapping[str, Any], hour: int, unreadable: Unreadable) -> dict[str, Any]:
    """Sky, wind and rain of the shortest stated period that holds the hour."""
    sky = _covering(day, "estadoCielo", hour, "value", unreadable)
    wind = number(_covering(day, "viento", hour, "velocidad", unreadable), unreadable, "viento")
    rain = number(_covering(day, "probPrecipitacion", hour, "value", unreadable), unreadable, "probPrecipitacion")
    return {
        "sky_code": str(sky) if sky else None,
        "cloud_fraction": cloud_fraction(str(sky)) if sky else None,
        "wind_speed_m_s": None if wind is None else wind / KMH,
        "precipitation_probability": None if rain is None else rain / 100,
    }


def _covering(day: Mapping[str, Any], name: str, hour: int, field: str, unreadable: Unreadable) -> Any:
    """The value of the shortest period that holds the hour and says something; far days have one without period."""
    covering: list[tuple[int, Any]] = []
    for entry in _entries(day, name, unreadable):
        try:
            begin, end = (int(part) for part in (entry.get("periodo") or "00-24").split("-"))
        except ODD as error:
            unreadable.add(f"{name}: {type(error).__name__} {error} in {entry}")
            continue
        if begin <= min(hour, 23) < end and entry.get(field) not in ("", None):
            covering.append((end - begin, entry[field]))
    return min(covering, key=lambda each: each[0])[1] if covering else None
