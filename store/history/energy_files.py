"""The published energy in HDFS: where it lies, and which of its folders state it.

``energy/event_day=…/run_id=…`` holds what a run has changed on a UTC day. ``merged/energy/month=…/through=<run>`` holds
a month's values of all published runs up to that one in a file, each with the run that has replaced it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from pyspark.sql import SparkSession

from conf import Settings
from store import hdfs

CHANGES = "energy"
MERGED = "merged/energy"
COLUMNS = (
    "installation_id string, quantity string, start timestamp, energy_wh double, completeness double, "
    "method string, lower_wh double, upper_wh double, cause string"
)
"""A value: Wh of the 15-minute period that begins at ``start`` (UTC)."""
MERGED_COLUMNS = f"{COLUMNS}, day date, run_id string, replaced_by string"
"""``day`` is the UTC day, ``replaced_by`` the run that states the period anew, null where none does."""
Folder = tuple[date, str]
"""A day and the run that has changed it, or a month and the last run that is merged in it."""


class Folders(NamedTuple):
    """The folders that hold every value of the published runs, none twice."""

    merged: dict[date, str]
    """The last run in each merged month (by its first day)."""
    changes: tuple[Folder, ...]
    """Days and runs that are in no merged month, in order."""
    contested: tuple[date, ...]
    """The days that several of these folders state: of a period the newest run's value holds."""


def stating(changes: Iterable[Folder], merged: Iterable[Folder], published: Collection[str]) -> Folders:
    """The stored folders that state what the ``published`` runs do."""
    through: dict[date, str] = {}
    for month, run_id in merged:
        if run_id in published:
            through[month] = max(run_id, through.get(month, run_id))
    visible = sorted((day, run_id) for day, run_id in changes if run_id in published)
    later = tuple((day, run_id) for day, run_id in visible if run_id > through.get(day.replace(day=1), ""))
    in_month = {day for day, run_id in visible if run_id <= through.get(day.replace(day=1), "")}
    states = Counter(day for day, _ in later)
    contested = tuple(day for day, count in states.items() if count + (day in in_month) > 1)
    return Folders(through, later, contested)


def stored(spark: SparkSession, settings: Settings, published: Collection[str]) -> Folders:
    """The same of what HDFS holds now."""
    changes = hdfs.matching(spark, settings.hdfs_path(CHANGES, "event_day=*", "run_id=*"))
    merged = hdfs.matching(spark, settings.hdfs_path(MERGED, "month=*", "through=*"))
    return stating(map(_folder, changes), map(_folder, merged), published)


def contested(spark: SparkSession, settings: Settings, days: Iterable[date], run_ids: Collection[str]) -> list[date]:
    """The ``days`` that several of the ``run_ids`` have changed; no other day is listed."""
    named = ",".join(f"{day}" for day in days)
    changes = hdfs.matching(spark, settings.hdfs_path(CHANGES, f"event_day={{{named}}}", "run_id=*"))
    return list(stating(map(_folder, changes), (), run_ids).contested)


def changes_place(settings: Settings, day: date, run_id: str) -> str:
    """URI of what a run has changed on a day."""
    return settings.hdfs_path(CHANGES, f"event_day={day}", f"run_id={run_id}")


def merged_place(settings: Settings, month: date, through: str) -> str:
    """URI of a merged month."""
    return settings.hdfs_path(MERGED, f"month={month}", f"through={through}")


def _folder(uri: str) -> Folder:
    _, when, run_id = uri.rsplit("/", 2)
    return date.fromisoformat(when.partition("=")[2]), run_id.partition("=")[2]
