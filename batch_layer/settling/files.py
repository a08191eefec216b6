"""Communities that share by the hour and lack the coefficient file of the year that runs: an alarm until it is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame

from batch_layer.artifacts import LACKING_FILES
from batch_layer.runs import Night
from energy.calendar import zone
from energy.money.community.agreement import ALL_HOURS
from store.history.alarms import NO_FILE, YEAR

FOUND = "installation_id string, kind string, text string, figures map<string, double>"


def alarms(night: Night, agreed: DataFrame) -> DataFrame:
    """Rows of table ``alarm`` by the agreements (agreements.TABLE) that hold."""
    rows = agreed.select("community_id", "since", "year", "time_zone").distinct().collect()
    return LACKING_FILES.carried(night, night.spark.createDataFrame(list(_lacking(rows, night.run.cut)), FOUND))


def _lacking(rows: list[Any], cut: datetime) -> Iterator[tuple[str, str, str, dict[str, float]]]:
    """A row each, by the version that holds at the ``cut``."""
    years: dict[str, dict[date, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        years[row.community_id][row.since].add(row.year)
    zones = {row.community_id: row.time_zone for row in rows}
    for community, by_version in sorted(years.items()):
        today = cut.astimezone(zone(zones[community])).date()
        begun = [since for since in by_version if since <= today]
        if begun and not by_version[max(begun)] & {ALL_HOURS, today.year}:
            said = f"the coefficient file of {today.year} is missing: hours from its first on are not settled"
            yield community, NO_FILE, said, {YEAR: float(today.year)}
