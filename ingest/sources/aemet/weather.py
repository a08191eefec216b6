"""AEMET's weather into topic ``weather``: municipal forecasts, and what its stations observed, by hour and by day.

Forecasts are those of every installation's municipality, and of the stations' that the price forecast learns from.
Each answer is kept as issued below ``<home>/issued/aemet``. What one question fails with is told, and the next asked,
until AEMET is away: the nightly forecast rests on the newest issue there is, and says how old it is.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from conf import Settings
from conf.stations import municipality_of_station
from ingest.publishing.source_records import Told, publish
from ingest.sources.aemet import forms
from ingest.sources.aemet.client import Aemet, AemetError, AwayError, KeyRefusedError, Quota
from store import cassandra

MUNICIPAL = {"horaria": forms.hourly_forecast, "diaria": forms.daily_forecast}
DAYS_AT_ONCE = 15
"""Most days of all stations that AEMET answers at once."""
Read = Callable[[Any], list[dict[str, Any]]]


class NoMunicipality(AemetError):
    """Nobody's weather is wanted; the text says what to do."""


def ask(settings: Settings, first: date, last: date, told: Told) -> int:
    """Publish today's forecasts, the last hours' observations, and all stations' daily values of the days ``first``
    to ``last`` (excluded). Returns the number of records published. Raises :class:`AemetError`."""
    count = ask_forecasts(settings, told)
    aemet, now = _aemet(settings), datetime.now(timezone.utc)
    path = "/observacion/convencional/todas"
    hours = partial(forms.observations, known_at=now)
    count += len(_take(settings, aemet, path, "observacion", hours, told))
    days = partial(forms.daily_values, latitudes=_latitudes(settings, aemet, told), known_at=now)
    for begin in range(0, (last - first).days, DAYS_AT_ONCE):
        day = first + timedelta(days=begin)
        until = min(day + timedelta(days=DAYS_AT_ONCE), last) - timedelta(days=1)
        span = f"fechaini/{day}T00:00:00UTC/fechafin/{until}T23:59:59UTC"
        path = f"/valores/climatologicos/diarios/datos/{span}/todasestaciones"
        count += len(_take(settings, aemet, path, f"climatologia/{day}", days, told))
    return count


def ask_forecasts(settings: Settings, told: Told) -> int:
    """Publish the hourly and daily forecasts of every municipality wanted; returns the number of records.

    Raises :class:`AemetError` without a key or a municipality, or where AEMET gave nothing at all.
    """
    aemet, count, wanted = _aemet(settings), 0, _municipalities(settings)
    for asked, code in enumerate(wanted):
        try:
            count += _ask_municipality(settings, aemet, code, told)
        except AwayError as error:
            told(f"{len(wanted) - asked} of {len(wanted)} municipalities have no new forecast: {error}")
            break
    if not count:
        raise AemetError("AEMET gave no forecast; ask again later: solera backfill aemet")
    return count


def _ask_municipality(settings: Settings, aemet: Aemet, code: str, told: Told) -> int:
    """The hourly forecast, and of the daily one, which is coarser, what lies beyond it."""
    path, covered = "/prediccion/especifica/municipio", datetime.min.replace(tzinfo=timezone.utc)
    count = 0
    for kind, read in MUNICIPAL.items():

        def beyond(body: Any, read: Any = read, covered: datetime = covered) -> list[dict[str, Any]]:
            return [record for record in read(body, code) if record["time"] >= covered]

        records = _take(settings, aemet, f"{path}/{kind}/{code}", f"{kind}/{code}", beyond, told)
        count += len(records)
        # Its last value before that lies within six hours: what is between them can be told.
        covered = max((record["time"] - timedelta(hours=6) for record in records), default=covered)
    return count


def _aemet(settings: Settings) -> Aemet:
    return Aemet(os.environ.get("AEMET_API_KEY", ""), settings.aemet.base, Quota(settings.aemet.per_minute))


def _take(settings: Settings, aemet: Aemet, path: str, name: str, read: Read, told: Told) -> list[dict[str, Any]]:
    """Publish the records of one answer, and return them."""
    records = _asked(settings, aemet, path, name, read, told)
    if records is None:
        return []
    publish(settings, "weather", records, name, told)
    return records


def _asked(
    settings: Settings, aemet: Aemet, path: str, name: str, read: Read, told: Told
) -> list[dict[str, Any]] | None:
    """Fetch, keep and read one answer; None where there is none that can be read."""
    try:
        raw, body = aemet.fetch(path)
    except (KeyRefusedError, AwayError):
        raise
    except AemetError as error:
        told(f"{name}: {error}")
        return None
    now = datetime.now(timezone.utc)
    try:
        records = read(body)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        _keep(settings, name, raw, now)
        told(f"{name}: AEMET's answer has another form ({type(error).__name__}: {error}); it is kept as it came")
        return None
    _keep(settings, name, raw, records[0].get("issued_at", now) if records else now)
    return records


def _latitudes(settings: Settings, aemet: Aemet, told: Told) -> dict[str, float]:
    """Degrees north of every station of AEMET's inventory; tells which of ours it does not have."""
    path = "/valores/climatologicos/inventarioestaciones/todasestaciones"
    found = _asked(settings, aemet, path, "inventario", forms.stations, told) or []
    latitudes = {each["station"]: each["latitude"] for each in found}
    if latitudes and (gone := sorted(municipality_of_station().keys() - latitudes.keys())):
        told(f"inventario: conf/stations.csv names stations that AEMET does not: {', '.join(gone)}")
    return latitudes


def _municipalities(settings: Settings) -> Sequence[str]:
    """Those of the installations; then, where a price is forecast, those of the stations."""
    with cassandra.session(settings) as session:
        rows = session.execute("SELECT municipality_code FROM installation")
        codes = sorted({row.municipality_code for row in rows if row.municipality_code})
    if settings.price.series:
        codes += sorted(set(municipality_of_station().values()) - set(codes))
    if not codes:
        raise NoMunicipality("No installation has a municipality_code; `solera register` one to get its weather.")
    return codes


def _keep(settings: Settings, name: str, raw: bytes, issued_at: datetime) -> None:
    folder = settings.home / "issued" / "aemet" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{issued_at:%Y%m%dT%H%M%SZ}.json.gz").write_bytes(gzip.compress(raw, mtime=0))
