"""The forecasts that a night issues, and the issues of the past that it learns from and is measured by."""

from __future__ import annotations

import zlib

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR

FORECAST = {"generation": SOLAR, "consumption": CONSUMPTION}
"""Quantities of the platform that are forecast, and what kind of quantity each is."""
LEVELS = (0.1, 0.5, 0.9)
HORIZON = 48
"""Hours; two days from the cut, so that the next 24 h are covered at any time of the day."""
HISTORY_DAYS, TRAIN_DAYS, SKILL_DAYS = 400, 365, 30
WEATHER = ("temperature_c", "cloud_fraction", "ghi_w_m2", "relative_humidity", "wind_speed_m_s", "precipitation_mm")


def one_issue_in(count: int) -> Column:
    """Holds for about one in ``count`` issues, always the same ones."""
    return F.pmod(F.xxhash64("series_id", "issued_at"), F.lit(count)) == 0


def issue_instants(series_id: str, cut: pd.Timestamp, stride: int) -> pd.DatetimeIndex:
    """Midnights whose rows are made: all of the last 30 days, every ``stride``-th before, and the cut.

    The series' name chooses them, so that many series together leave no day out.
    """
    days = pd.date_range(cut - pd.Timedelta(days=TRAIN_DAYS), cut, freq="D")
    number = days.normalize().asi8 // 86_400_000_000_000 + zlib.crc32(series_id.encode())
    answer: pd.DatetimeIndex = days[(number % stride == 0) | (days >= cut - pd.Timedelta(days=SKILL_DAYS))]
    return answer
