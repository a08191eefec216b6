"""The CSV files of a backtest, read and checked: history, weather as it was issued, sites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from batch_layer.forecasting.features.site import GREATEST, Site
from batch_layer.forecasting.features.weather import KEYS, accumulated, differenced, variables
from batch_layer.forecasting.histories.history import History, SeriesRefused, read_series
from batch_layer.forecasting.histories.numbers import POINT, read_numbers
from batch_layer.forecasting.quantity import Quantity
from conf.refusal import Refusal

DISTRIBUTOR_COLUMN = "CUPS"
DISTRIBUTOR = (
    ". This is a distributor's file: turn it into series_id,start,value, with each hour's start in UTC "
    "(its hours are local, 1 to 25) and its decimal comma as a point"
)
OFFSET = re.compile(r"(?:[zZ]|[+-]\d{2}:?\d{2})\s*$")


class BadInput(Refusal):
    """A file that can't be read as what it should be; the text says where and why."""


@dataclass(frozen=True)
class Histories:
    """The series that can be forecast. ``rows``: series_id, start (UTC) and value as they were brought, in numbers.

    ``known`` holds each one whole and hourly, with what was changed in it; ``refused`` says why others are not here.
    """

    rows: pd.DataFrame
    known: Mapping[str, History]
    refused: list[str]

    @property
    def hours(self) -> int:
        """Hours of which something is known."""
        return sum(int(own.outcomes.notna().sum()) for own in self.known.values())

    def ends(self, series_id: str) -> pd.Timestamp:
        """The end of what is known of a series."""
        end: pd.Timestamp = pd.Timestamp(self.known[series_id].outcomes.dropna().index[-1]) + pd.Timedelta("1h")
        return end


def read_history(
    path: Path, quantity: Quantity, sites: Mapping[str, Site] | None = None, decimal: str = POINT
) -> Histories:
    """The histories of a file. Raises :class:`BadInput` where no series is left, or a time has no offset from UTC."""
    rows = _read(path, {"series_id": str, "value": str}, ("series_id", "start", "value"))
    rows = rows[["series_id", "start", "value"]].reset_index(drop=True)
    rows["start"] = _times(path, rows["start"], "start")
    kept, known, refused = [], {}, []
    numbers = read_numbers(rows["value"], decimal)
    unread = rows["value"].notna() & np.isnan(numbers)
    rows["value"] = numbers
    for series_id, own in rows.groupby("series_id", sort=True):
        key = str(series_id)
        unreadable = int(unread[own.index].sum())
        try:
            history = read_series(key, own, quantity, (sites or {}).get(key, Site()).capacity)
        except SeriesRefused as error:
            refused.append(f"{error} {unreadable:,} cells hold no number." if unreadable else str(error))
            continue
        repairs = replace(history.repairs, unreadable=history.repairs.unreadable + unreadable)
        known[key] = replace(history, repairs=repairs)
        kept.append(own)
    if not kept:
        raise BadInput(f"{path}: no series to forecast. {' '.join(refused[:3])}")
    return Histories(pd.concat(kept, ignore_index=True), known, refused)


def read_weather(path: Path, quantity: Quantity, first: pd.Timestamp) -> pd.DataFrame:
    """Weather rows with numeric columns only, under names Spark can bear.

    For solar, columns that pile up inside an issue (as the issues before ``first`` show) also come hour by hour.
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


def fitting(sites: Mapping[str, Site], known: Mapping[str, History]) -> tuple[dict[str, Site], list[str]]:
    """``sites`` without the capacities that the series' own values belie, and the names of those series.

    A capacity in another unit than the values would clip every forecast, or make nothing of it.
    """
    kept, unfit = dict(sites), []
    for key, site in sites.items():
        seen = float(known[key].values.quantile(GREATEST)) if key in known else float("nan")
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
        head = ", ".join(map(str, rows.columns))
        hint = DISTRIBUTOR if DISTRIBUTOR_COLUMN in head.upper() else ""
        raise BadInput(f"{path}: column {missing[0]} is missing; it has {head}{hint}")
    answer: pd.DataFrame = rows.dropna(subset=[needed[0]])
    return answer


def _times(path: Path, texts: pd.Series, name: str) -> pd.Series:
    naive = texts.notna() & np.array([OFFSET.search(str(text)) is None for text in texts])
    if naive.any():
        raise BadInput(
            f"{path}: column {name}: {texts[naive].iloc[0]} has no offset from UTC, so it may be any zone's; "
            "write UTC as 2026-03-10T00:00:00Z, or the zone's own offset as 2026-03-10T01:00:00+01:00."
        )
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
