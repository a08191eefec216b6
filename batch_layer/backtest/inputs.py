"""The CSV files of a backtest, read and checked: history, weather as it was issued, sites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from batch_layer.forecasting.history import SeriesRefused, hourly
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.site import GREATEST, Site
from batch_layer.forecasting.weather import KEYS, accumulated, differenced, variables
from conf.refusal import Refusal


class BadInput(Refusal):
    """A file that can't be read as what it should be; the text says where and why."""


def read_history(path: Path, quantity: Quantity) -> tuple[pd.DataFrame, list[str]]:
    """Hourly history (series_id, start, value), cleaned, and why each refused series was refused.

    Raises :class:`BadInput` where no series is left.
    """
    rows = _read(path, {"series_id": str}, ("series_id", "start", "value"))
    rows["start"] = _times(path, rows["start"], "start")
    kept, refused = [], []
    for series_id, own in rows.groupby("series_id", sort=True):
        try:
            values = hourly(str(series_id), own, quantity).dropna()
        except SeriesRefused as error:
            refused.append(str(error))
            continue
        kept.append(pd.DataFrame({"series_id": str(series_id), "start": values.index, "value": values.to_numpy()}))
    if not kept:
        raise BadInput(f"{path}: no series to forecast. {' '.join(refused[:3])}")
    return pd.concat(kept, ignore_index=True), refused


def read_weather(path: Path, quantity: Quantity, first: pd.Timestamp) -> pd.DataFrame:
    """Weather rows with numeric columns only, under names Spark can bear.

    For solar, columns that pile up inside an issue (told by the issues before ``first``) also come hour by hour.
    """
    rows = _read(path, {"series_id": str}, KEYS)
    for name in ("issued_at", "time"):
        rows[name] = _times(path, rows[name], name)
    names = variables(rows)
    if not names:
        raise BadInput(f"{path}: no numeric weather column beside {', '.join(KEYS)}")
    rows = rows[[*KEYS, *names]].replace([np.inf, -np.inf], np.nan)
    rows.columns = [*KEYS, *_plain_names(names)]
    if not quantity.sun:
        answer: pd.DataFrame = rows
        return answer
    early = rows[rows["issued_at"] < first]
    piled = accumulated(early if len(early) else rows)
    return pd.concat([differenced(own, piled) for _, own in rows.groupby("series_id")], ignore_index=True)


def read_sites(path: Path) -> dict[str, Site]:
    """Site of each series. Raises :class:`BadInput` for a place or number that can't be."""
    rows = _read(path, {"series_id": str, "timezone": str}, ("series_id",))
    sites = {}
    for row in rows.to_dict("records"):
        known = {k: v for k, v in row.items() if not (isinstance(v, float) and np.isnan(v)) and v != ""}
        numbers = [_number(path, known, name) for name in ("latitude", "longitude", "capacity", "tilt", "azimuth")]
        latitude, longitude, capacity, tilt, azimuth = numbers
        site = Site(latitude, longitude, capacity, tilt, azimuth, _zone(path, known.get("timezone")))
        if site.latitude is not None and abs(site.latitude) > 90:
            raise BadInput(f"{path}: series {row['series_id']}: latitude {site.latitude} lies outside ±90")
        if site.longitude is not None and abs(site.longitude) > 180:
            raise BadInput(f"{path}: series {row['series_id']}: longitude {site.longitude} lies outside ±180")
        if site.capacity is not None and site.capacity <= 0:
            raise BadInput(f"{path}: series {row['series_id']}: capacity {site.capacity} is not above zero")
        sites[str(row["series_id"])] = site
    return sites


def fitting(sites: Mapping[str, Site], history: pd.DataFrame) -> tuple[dict[str, Site], list[str]]:
    """``sites`` without capacities that the series' own values belie, and which those were.

    A capacity in another unit than the values would clip every forecast, or make nothing of it.
    """
    greatest = history.groupby("series_id")["value"].quantile(GREATEST)
    kept, unfit = dict(sites), []
    for key, site in sites.items():
        seen = float(greatest.get(key, np.nan))
        if not site.fits(seen):
            kept[key] = replace(site, capacity=None)
            unfit.append(
                f"Series {key}: capacity {site.capacity:g} does not fit its values (up to {seen:g}), so it is unused; "
                "give it in their unit."
            )
    return kept, unfit


def _read(path: Path, kinds: dict[str, type], needed: tuple[str, ...]) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=kinds)
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(f"{path}: can't be read as CSV: {error}") from None
    missing = [name for name in needed if name not in rows.columns]
    if missing:
        raise BadInput(f"{path}: column {missing[0]} is missing; it has {', '.join(map(str, rows.columns))}")
    answer: pd.DataFrame = rows.dropna(subset=[needed[0]])
    return answer


def _times(path: Path, texts: pd.Series, name: str) -> pd.Series:
    try:
        return pd.to_datetime(texts, utc=True, format="ISO8601").astype("datetime64[ns, UTC]")
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path}: column {name}: {error}; times are RFC 3339, as 2026-03-10T00:00:00Z") from None


def _plain_names(names: list[str]) -> list[str]:
    plain = [re.sub(r"\W+", "_", name) for name in names]
    return [f"{name}_{plain[:i].count(name)}" if name in plain[:i] else name for i, name in enumerate(plain)]


def _number(path: Path, row: Mapping[Any, Any], name: str) -> float | None:
    if name not in row:
        return None
    try:
        return float(str(row[name]))
    except ValueError:
        raise BadInput(f"{path}: series {row['series_id']}: {name} {row[name]!r} is not a number") from None


def _zone(path: Path, name: object) -> str | None:
    if name is None:
        return None
    try:
        pd.Timestamp("2026-01-01", tz="UTC").tz_convert(str(name))
    except Exception:
        raise BadInput(f"{path}: time zone {name!r} is not known") from None
    return str(name)
