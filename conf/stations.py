"""The stations whose weather the price forecast learns from, and the municipality whose forecast goes with each."""

from __future__ import annotations

import csv
from functools import cache

from conf.place import CONF_DIR

DAILY_VALUES = "aemet daily values"
"""Provider of a station's whole days in topic ``weather``; AEMET's hours are ``aemet``."""


@cache
def municipality_of_station() -> dict[str, str]:
    """The five-digit INE code by AEMET's code of the station, at least one station a province (``stations.csv``)."""
    with (CONF_DIR / "stations.csv").open(encoding="utf-8", newline="") as file:
        return {row["station"]: row["municipality_code"] for row in csv.DictReader(file)}
