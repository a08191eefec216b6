"""AEMET's weather into topic ``weather``: forecasts of every installation's municipality, observations, climatology.

Each answer is kept as issued below ``<home>/issued/aemet``. What one question fails with is told, and the next asked:
the nightly forecast rests on the newest issue there is, and says how old it is.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from conf import Settings
from conf.cassandra import connect
from ingest import aemet_forms
from ingest.aemet import Aemet, AemetError, KeyRefusedError, Quota
from ingest.source_records import Told, publish

MUNICIPAL = {"horaria": aemet_forms.hourly_forecast, "diaria": aemet_forms.daily_forecast}
CLIMATOLOGY_DAYS = 15
"""Most days of all stations that AEMET answers at once."""
Read = Callable[[Any], list[dict[str, Any]]]


class NoMunicipality(AemetError):
    """Nobody's weather is wanted; the text says what to do."""


def ask(settings: Settings, first: date, last: date, told: Told) -> int:
    """Publish today's forecasts and the last hours' observations, and keep the stations' daily values of the days
    ``first`` to ``last`` (excluded). Returns the number of records published. Raises :class:`AemetError`."""
    count = ask_forecasts(settings, told)
    aemet, now = _aemet(settings), datetime.now(timezone.utc)
    path = "/observacion/convencional/todas"
    count += len(_take(settings, aemet, path, "observacion", lambda body: aemet_forms.observations(body, now), told))
    for begin in range(0, (last - first).days, CLIMATOLOGY_DAYS):
        day = first + timedelta(days=begin)
        until = min(day + timedelta(days=CLIMATOLOGY_DAYS), last) - timedelta(days=1)
        span = f"fechaini/{day}T00:00:00UTC/fechafin/{until}T23:59:59UTC"
        path = f"/valores/climatologicos/diarios/datos/{span}/todasestaciones"
        # Values of whole days are no hour's weather: they are kept for whoever learns from days.
        _take(settings, aemet, path, f"climatologia/{day}", lambda body: [], told)
    return count


def ask_forecasts(settings: Settings, told: Told) -> int:
    """Publish the hourly and daily forecasts of every registered municipality; returns the number of records.

    Raises :class:`AemetError` without a key or a municipality, or where AEMET gave nothing at all.
    """
    aemet, count = _aemet(settings), 0
    for code in _municipalities(settings):
        count += _ask_municipality(settings, aemet, code, told)
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
        # Its last value before that lies within six hours: what is between them can be told.
        covered = max((record["time"] - timedelta(hours=6) for record in records), default=covered)
        count += len(records)
    return count


def _aemet(settings: Settings) -> Aemet:
    return Aemet(os.environ.get("AEMET_API_KEY", ""), settings.aemet.base, Quota(settings.aemet.per_minute))


def _take(settings: Settings, aemet: Aemet, path: str, name: str, read: Read, told: Told) -> list[dict[str, Any]]:
    """Fetch, keep, read and publish one answer; returns its records."""
    try:
        raw, body = aemet.fetch(path)
    except KeyRefusedError:
        raise
    except AemetError as error:
        told(f"{name}: {error}")
        return []
    try:
        records = read(body)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        _keep(settings, name, raw, datetime.now(timezone.utc))
        told(f"{name}: AEMET's answer has another form ({type(error).__name__}: {error}); it is kept as it came")
        return []
    _keep(settings, name, raw, records[0]["issued_at"] if records else datetime.now(timezone.utc))
    publish(settings, "weather", records, name, told)
    return records


def _municipalities(settings: Settings) -> Sequence[str]:
    session = connect(settings)
    try:
        rows = session.execute("SELECT municipality_code FROM installation")
        codes = sorted({row.municipality_code for row in rows if row.municipality_code})
    finally:
        session.cluster.shutdown()
    if not codes:
        raise NoMunicipality("No installation has a municipality_code; `solera register` one to get its weather.")
    return codes


def _keep(settings: Settings, name: str, raw: bytes, issued_at: datetime) -> None:
    folder = settings.home / "issued" / "aemet" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{issued_at:%Y%m%dT%H%M%SZ}.json.gz").write_bytes(gzip.compress(raw, mtime=0))
