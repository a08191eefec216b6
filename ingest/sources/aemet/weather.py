"""AEMET's weather into topic ``weather``: municipal forecasts, and what its stations observed, by hour and by day.

Forecasts are those of every installation's municipality, and of the stations' that the price forecast learns from.
Each answer is kept as issued below ``<home>/issued/aemet``.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from conf import Settings
from conf.stations import municipality_of_station
from energy.topics import TopicName
from ingest.sources.aemet import forms, stations
from ingest.sources.aemet.client import Aemet, AemetError, KeyRefusedError, NoDataError, Quota
from ingest.sources.budget import Came
from ingest.sources.source import Progress, Question, Record
from store import cassandra

DAYS_AT_ONCE = 15
"""Most days of all stations that AEMET answers at once."""
HOURS, DAYS = "observacion", "climatologia"
Read = Callable[[Any, datetime, Progress], list[Record]]
"""The reading of an answer's JSON, and of the instant it came (UTC), into its records."""
_BEGINNING = datetime.min.replace(tzinfo=timezone.utc)


class NoMunicipality(AemetError):
    """Nobody's weather is wanted; the text says what to do."""


class Forecasts:
    """The hourly and daily forecasts of every municipality wanted, as issued now; ``is_due``: which may be asked."""

    topic: TopicName = "weather"

    def __init__(self, settings: Settings, is_due: Callable[[str], bool] = lambda _: True) -> None:
        self._settings, self._aemet, self._is_due = settings, _aemet(settings), is_due

    def missing(self, _first: date, _last: date) -> Iterable[Question]:
        """Two questions a municipality. Raises :class:`AemetError` without a key or a municipality."""
        if not self._aemet.key:
            raise KeyRefusedError("AEMET needs a key: get one at opendata.aemet.es and set AEMET_API_KEY")
        for code in _municipalities(self._settings):
            municipality = Municipality(self._settings, self._aemet, code)
            asked = {f"horaria/{code}": municipality.hourly, f"diaria/{code}": municipality.daily}
            # Together, for the daily forecast begins where the hourly one ends.
            if any(self._is_due(name) for name in asked):
                yield from (Question(name, fetch, _came) for name, fetch in asked.items())


class Municipality:
    """The forecasts of one municipality: the hourly one, and of the coarser daily one what lies beyond it."""

    def __init__(self, settings: Settings, aemet: Aemet, code: str) -> None:
        self._settings, self._aemet, self._code = settings, aemet, code
        self._covered = _BEGINNING

    def hourly(self, progress: Progress) -> list[Record]:
        """Ask for the hourly forecast; none where AEMET has none."""
        records = self._ask("horaria", forms.hourly_forecast, progress)
        # The daily forecast's last value before that lies within six hours, so that hours between can be interpolated.
        self._covered = max((record["time"] - timedelta(hours=6) for record in records), default=_BEGINNING)
        return records

    def daily(self, progress: Progress) -> list[Record]:
        """Ask for the daily forecast."""
        records = self._ask("diaria", forms.daily_forecast, progress)
        return [record for record in records if record["time"] >= self._covered]

    def _ask(self, kind: str, form: Callable[[Any, str, Progress], list[Record]], progress: Progress) -> list[Record]:
        def read(body: Any, _now: datetime, say: Progress) -> list[Record]:
            return form(body, self._code, say)

        path = f"/prediccion/especifica/municipio/{kind}/{self._code}"
        return _asked(self._settings, self._aemet, (path, f"{kind}/{self._code}"), read, progress)


class Observations:
    """The last hours of every station, and its whole days."""

    topic: TopicName = "weather"

    def __init__(self, settings: Settings) -> None:
        self._settings, self._aemet = settings, _aemet(settings)
        self._latitudes: dict[str, float] = {}

    def missing(self, first: date, last: date) -> Iterator[Question]:
        """The last hours, the inventory, and a question for each :data:`DAYS_AT_ONCE` days."""
        yield self._hours()
        yield self._places()
        for begin in range(0, (last - first).days, DAYS_AT_ONCE):
            day = first + timedelta(days=begin)
            yield self._whole_days(f"{DAYS}/{day}", day, min(day + timedelta(days=DAYS_AT_ONCE), last))

    def _hours(self) -> Question:
        return self._question("/observacion/convencional/todas", HOURS, stations.observations)

    def _places(self) -> Question:
        path = "/valores/climatologicos/inventarioestaciones/todasestaciones"
        return self._question(path, "inventario", self._inventory)

    def _whole_days(self, name: str, first: date, last: date) -> Question:
        span = f"fechaini/{first}T00:00:00UTC/fechafin/{last - timedelta(days=1)}T23:59:59UTC"
        return self._question(f"/valores/climatologicos/diarios/datos/{span}/todasestaciones", name, self._days)

    def _question(self, path: str, name: str, read: Read) -> Question:
        return Question(name, partial(_asked, self._settings, self._aemet, (path, name), read), _came)

    def _inventory(self, body: Any, _now: datetime, progress: Progress) -> list[Record]:
        """No records: degrees north of every station, which the daylight of its whole days follows from."""
        self._latitudes = {each["station"]: each["latitude"] for each in stations.stations(body, progress)}
        if unnamed := sorted(municipality_of_station().keys() - self._latitudes.keys()):
            progress(f"inventario: conf/stations.csv names stations that AEMET does not: {', '.join(unnamed)}")
        return []

    def _days(self, body: Any, now: datetime, progress: Progress) -> list[Record]:
        return stations.daily_values(body, self._latitudes, now, progress)


class LatestObservations(Observations):
    """The last hours, and at most :data:`DAYS_AT_ONCE` whole days; ``is_due``: which of the two may be asked."""

    def __init__(self, settings: Settings, is_due: Callable[[str], bool]) -> None:
        super().__init__(settings)
        self._is_due = is_due

    def missing(self, first: date, last: date) -> Iterator[Question]:
        """Questions that are due, whole days with the inventory that they are read by."""
        if self._is_due(HOURS):
            yield self._hours()
        if self._is_due(DAYS):
            yield self._places()
            yield self._whole_days(DAYS, first, last)


def _came(_records: list[Record]) -> Came:
    """AEMET's word that it has none is an answer, too: until the next issue."""
    return Came.ANSWER


def _aemet(settings: Settings) -> Aemet:
    return Aemet(os.environ.get("AEMET_API_KEY", ""), settings.aemet.base, Quota(settings.aemet.per_minute))


def _asked(settings: Settings, aemet: Aemet, asked: tuple[str, str], read: Read, progress: Progress) -> list[Record]:
    """Fetch, keep and read the answer to a (path, name); no records where AEMET has none for it."""
    path, name = asked
    try:
        raw, body = aemet.fetch(path)
    except NoDataError as error:
        progress(f"{name}: {error}")
        return []
    now = datetime.now(timezone.utc)
    issued_at = now
    try:
        records = read(body, now, progress)
        issued_at = records[0].get("issued_at", now) if records else now
    finally:
        try:
            _keep(settings, name, raw, issued_at)
        except OSError as error:  # a full disk costs the copy, not the records
            progress(f"{name}: the answer can't be kept as issued: {error.strerror}")
    return records


def _municipalities(settings: Settings) -> Sequence[str]:
    """Municipalities of the installations; then, where a price is forecast, those of the stations."""
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
