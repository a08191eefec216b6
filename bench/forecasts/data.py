"""Public histories as a backtest takes them: CSV of history, weather and sites, in a folder of their own."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd

HOUR = pd.Timedelta("1h")


@dataclass(frozen=True)
class Case:
    """A backtest: its files in ``folder``, its kind and period (UTC days)."""

    name: str
    kind: str
    folder: Path
    first: str
    last: str
    weather: bool = False

    @property
    def arguments(self) -> list[str]:
        """Arguments of ``solera backtest``, but for ``--out``."""
        given = [self.kind, "--history", str(self.folder / "history.csv"), "--sites", str(self.folder / "sites.csv")]
        if self.weather:
            given += ["--weather", str(self.folder / "weather.csv")]
        return [*given, "--from", self.first, "--to", self.last]


def chosen(known: dict[str, Case], wanted: list[str]) -> dict[str, Case]:
    """The cases of ``known`` that are ``wanted``, all where none is; ends the process where one is not known."""
    if unknown := set(wanted) - known.keys():
        sys.exit(f"There is no case {min(unknown)!r}; there are: {', '.join(known)}.")
    return {name: case for name, case in known.items() if not wanted or name in wanted}


def _write(folder: Path, name: str, frame: pd.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    times = {c: frame[c].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in ("start", "issued_at", "time") if c in frame}
    frame.assign(**times).to_csv(folder / f"{name}.csv", index=False)


def _sites(folder: Path, names: list[str], capacity: float | None = None, zone: str = "", place: str = ",") -> None:
    rows = [f"{name},{place},{'' if capacity is None else capacity},,,{zone}" for name in names]
    head = "series_id,latitude,longitude,capacity,tilt,azimuth,timezone"
    (folder / "sites.csv").write_text("\n".join([head, *rows]) + "\n")


def solar(shared: Path, out: Path) -> Case:
    """GEFCom2014: three plants, share of nominal, with ECMWF's forecast of 00 UTC as it came (accumulated)."""
    folder, source = out / "solar", shared / "gefcom14_solar"
    power, weather = (pd.read_csv(source / f"{name}.csv.gz") for name in ("power", "predictors"))
    for frame in (power, weather):  # hour-ending
        frame["time"] = pd.to_datetime(frame["TIMESTAMP"], format="%Y%m%d %H:%M", utc=True) - HOUR
    weather["issued_at"] = weather["time"].dt.floor("D")
    _write(
        folder, "history", power.set_axis(["series_id", "", "value", "start"], axis=1)[["series_id", "start", "value"]]
    )
    variables = [name for name in weather.columns if name.startswith("VAR")]
    _write(
        folder,
        "weather",
        weather.rename(columns={"ZONEID": "series_id"})[["series_id", "issued_at", "time", *variables]],
    )
    _sites(folder, ["1", "2", "3"], capacity=1.0)
    return Case("solar, three plants", "solar", folder, "2013-03-01", "2013-04-01", weather=True)


def late_solar(shared: Path, out: Path) -> Case:
    """The same plants, whose data arrive late: the history ends 30 days before the period, and the weather goes on."""
    case = solar(shared, out / "late")
    path = case.folder / "history.csv"
    rows = pd.read_csv(path)
    path.replace(case.folder / "outcomes.csv")
    end = pd.Timestamp(case.first, tz="UTC") - pd.Timedelta("30D")
    rows[pd.to_datetime(rows["start"], utc=True) < end].to_csv(path, index=False)
    return replace(case, name="solar, three plants, 30 days late")


def homes(cache: Path, out: Path) -> Case:
    """The demo's 17 homes and their total, Wh, a year that ends on 2025-07-28; the last 60 days are forecast."""
    from ingest.simulator.citylearn import load_homes
    from ingest.simulator.homes import TIME_ZONE

    folder, end = out / "homes", datetime(2025, 7, 28, tzinfo=timezone.utc)
    hours = [end - timedelta(hours=n) for n in range(364 * 24, 0, -1)]
    found = {h.installation_id: [h.flows(hour).consumption / 1000 for hour in hours] for h in load_homes(cache)}
    wide = pd.DataFrame(found, index=pd.DatetimeIndex(hours, name="start"))
    wide["total"] = wide.sum(axis=1)
    _write(folder, "history", wide.reset_index().melt("start", var_name="series_id"))
    _sites(folder, list(wide.columns), zone=TIME_ZONE)
    return Case("load of 17 homes", "consumption", folder, "2025-05-29", "2025-07-28")


def buildings(shared: Path, out: Path) -> Case:
    """GEPIII: 25 buildings, kWh, three months; the last is forecast."""
    folder = out / "buildings"
    rows = pd.read_csv(shared / "buildings" / "meter_readings.csv.gz")
    rows["timestamp"] = pd.to_datetime(rows["timestamp"], utc=True)
    _write(folder, "history", rows.set_axis(["series_id", "start", "value"], axis=1))
    _sites(folder, [str(number) for number in rows["building_id"].unique()])
    return Case("25 buildings", "consumption", folder, "2016-11-01", "2016-12-01")


def spot(shared: Path, out: Path, weather: bool) -> Case:
    """Spain's price 2015–2017, EUR/MWh; 2017 is forecast. The weather is the observed one of five cities."""
    folder = out / ("spot_weather" if weather else "spot")
    energy = pd.read_csv(shared / "spain_price" / "energy.csv.gz", usecols=["time", "price actual"])
    start = pd.to_datetime(energy["time"], utc=True)
    _write(folder, "history", pd.DataFrame({"series_id": "ES", "start": start, "value": energy["price actual"]}))
    _sites(folder, ["ES"], zone="Europe/Madrid")
    if weather:
        rows = pd.read_csv(shared / "spain_price" / "weather_5_cities.csv.gz")
        rows["time"] = pd.to_datetime(rows["dt_iso"], utc=True)
        rows["city"] = rows["city_name"].str.strip()
        rows["wind_speed"] = rows["wind_speed"].where(rows["wind_speed"] < 50)
        known = ["temp", "humidity", "wind_speed", "clouds_all"]
        wide = rows.pivot_table(index="time", columns="city", values=known, aggfunc="mean")
        wide.columns = ["_".join(pair) for pair in wide.columns]
        wide = wide.reset_index().assign(series_id="ES")
        wide["issued_at"] = wide["time"].dt.floor("D")
        _write(folder, "weather", wide)
    name = "Spanish spot price, " + ("observed weather" if weather else "lags only")
    return Case(name, "price", folder, "2017-01-01", "2018-01-01", weather)


def pvpc(shared: Path, out: Path) -> Case:
    """PVPC 2019–2020, EUR/MWh; 2020 is forecast. Its local hours are naive, and days of 23 and 25 hours have 24."""
    folder = out / "pvpc"
    rows = pd.read_csv(shared / "spain_price" / "pvpc.csv.gz")
    local = pd.to_datetime(rows["Timestamp"]).dt.tz_localize("Europe/Madrid", ambiguous=True, nonexistent="NaT")
    frame = pd.DataFrame({"series_id": "PVPC", "start": local.dt.tz_convert("UTC"), "value": rows["PVPC"] * 1000})
    _write(folder, "history", frame.dropna(subset=["start"])[lambda f: f["start"] >= "2019-01-01"])
    _sites(folder, ["PVPC"], zone="Europe/Madrid")
    return Case("PVPC, lags only", "price", folder, "2020-01-01", "2021-01-01")
