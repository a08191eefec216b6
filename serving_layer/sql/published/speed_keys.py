"""Partitions of the speed view that a question of energy reads: no more than what the published runs leave to it.

From the cut on all speak; before it only the quantities of a month of which no run states every period. What runs state
is reckoned once for each published state, for all sessions of the server; the keys lie on its disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from conf import Settings
from energy.calendar import midnight, months_later
from energy.records import QUANTITIES
from energy.topics import BEHIND
from serving_layer.sql.published.files import Files
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.unstated import Series, Stretch, of_runs
from store.instants import month_of, months

SPEED_KEPT = timedelta(days=40)
"""The time for which the speed view's energy is kept after it was written."""
SPEED_AGE = BEHIND + SPEED_KEPT
"""A reading may be so late, and what is made of it is kept for so long."""
KEPT = 4
"""States whose keys lie on the disk: a question that has begun reads its own to the end."""
_INSTANT = pa.timestamp("us", tz="UTC")
_STRETCHES = pa.list_(pa.struct([("start", _INSTANT), ("until", _INSTANT)]))
LIVE = pa.schema([("installation_id", pa.string())])
OPEN = pa.schema([("installation_id", pa.string()), ("quantity", pa.string()), ("stretches", _STRETCHES)])
_LOCK = threading.Lock()
_REMEMBERED: dict[str, dict[Series, list[Stretch]]] = {}
"""Stretches that the newest state's runs leave, for sessions and installations to come."""


def of_state(spark: SparkSession, settings: Settings, known: Known, database: str) -> list[Files]:
    """The tables ``live`` and ``open`` of the keys that are to be read from the cut on, and before it.

    The batch side of ``database`` stands already. ``stretches`` are what no run states.
    """
    place = _root(settings) / _name(settings.hdfs_path(), settings.cassandra.keyspace)
    runs = (str(place), *sorted(known.published.run_ids), str(known.published.cut))
    folder = place / f"{os.getpid()}-{_name(*runs, str(known.today), *sorted(known.installation_ids))}"
    with _LOCK:
        if not folder.exists():
            _keep(folder, known, _left(spark, known, database, _name(*runs)))
            _forget_older(place)
    columns = "stretches array<struct<start: timestamp, until: timestamp>>"
    return [
        Files("live", "installation_id string", "month date", _folders(folder / "live")),
        Files("open", f"installation_id string, quantity string, {columns}", "month date", _folders(folder / "open")),
    ]


def remove_installation(settings: Settings, installation_id: str) -> int:
    """Remove the states on this machine that name an installation the catalogue no longer has; how many there were.

    A question that began with one of them before may fail; the next one has its own.
    """
    naming = [each for each in _root(settings).glob("*/*") if _names(each, installation_id)]
    for state in naming:
        shutil.rmtree(state)
    return len(naming)


def _root(settings: Settings) -> Path:
    return settings.home / "spark" / "keys"


def _names(state: Path, installation_id: str) -> bool:
    try:
        tables = [pq.read_table(file, columns=["installation_id"]) for file in state.rglob("*.parquet")]
    except pa.ArrowInvalid:  # half written: whose nobody can tell
        return True
    return any(installation_id in table["installation_id"].to_pylist() for table in tables)


def _left(spark: SparkSession, known: Known, database: str, name: str) -> dict[Series, list[Stretch]]:
    if name not in _REMEMBERED:
        first, cut = month_of(midnight(known.today - SPEED_AGE)), known.published.cut
        found = {} if cut is None else of_runs(spark, database, first, cut)
        _REMEMBERED.clear()
        _REMEMBERED[name] = found
    return _REMEMBERED[name]


def _keep(folder: Path, known: Known, left: Mapping[Series, list[Stretch]]) -> None:
    cut = known.published.cut or datetime.min.replace(tzinfo=timezone.utc)
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    ids = sorted(known.installation_ids)
    for month in months(midnight(known.today - SPEED_AGE), midnight(known.today + timedelta(days=1))):
        if month >= month_of(cut):
            _write(aside / "live", month, LIVE, [{"installation_id": each} for each in ids])
        if midnight(month) < cut:
            _write(aside / "open", month, OPEN, _open(ids, month, left))
    aside.rename(folder)


def _open(ids: Iterable[str], month: date, left: Mapping[Series, list[Stretch]]) -> list[dict[str, Any]]:
    """The series of which no run states every period."""
    rows = []
    whole = [Stretch(midnight(month), midnight(months_later(month)))]
    for installation_id, quantity in product(ids, QUANTITIES):
        if stretches := left.get(Series(installation_id, quantity, month), whole):
            listed = [each._asdict() for each in stretches]
            rows.append({"installation_id": installation_id, "quantity": quantity, "stretches": listed})
    return rows


def _write(folder: Path, month: date, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    if rows:
        place = folder / f"month={month}"
        place.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema), place / "keys.parquet")


def _folders(place: Path) -> Mapping[str, str]:
    return {f"month = DATE'{each.name.partition('=')[2]}'": f"file://{each}" for each in place.glob("month=*")}


def _name(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _forget_older(place: Path) -> None:
    newest_first = sorted(place.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in newest_first[KEPT:]:
        shutil.rmtree(each, ignore_errors=True)
