"""The demo homes' energy by a plain pandas script, written apart from ``ingest`` to check it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def plain_hours(folder: Path, number: int, start: str, end: str) -> pd.DataFrame:
    """Hourly Wh of home ``number`` from ``start`` to ``end`` (UTC): one column a quantity."""
    kw = json.loads((folder / "schema.json").read_text())["buildings"][f"Building_{number}"]["pv"]["attributes"][
        "nominal_power"
    ]
    table = pd.read_csv(folder / f"Building_{number}.csv")
    wall = pd.date_range("2016-08-01", periods=len(table), freq="h")
    year = pd.DataFrame(
        {
            "consumption": (table["Equipment Electric Power [kWh]"] * 1000).round(3).to_numpy(),
            "generation": (table["Solar Generation [W/kW]"] * kw).round(3).to_numpy(),
        },
        index=wall,
    )
    year = year.drop(pd.Timestamp("2017-03-12 02:00"))
    year.index = year.index.tz_localize("America/Los_Angeles", ambiguous=[True] * len(year)).tz_convert("UTC")
    year = year.asfreq("h").ffill()

    wanted = pd.date_range(start, end, freq="h", tz="UTC", inclusive="left")
    monday_based = (wanted - pd.Timedelta(hours=7)).isocalendar()
    week = monday_based.week.clip(upper=52).astype(int)
    source_year = week.map(lambda w: 2016 if w >= 31 else 2017)
    monday = [pd.Timestamp.fromisocalendar(y, w, 1) for y, w in zip(source_year, week, strict=True)]
    since = [
        pd.Timedelta(days=int(d) - 1, hours=h)
        for d, h in zip(monday_based.day, (wanted - pd.Timedelta(hours=7)).hour, strict=True)
    ]
    source = [m.tz_localize("UTC") + pd.Timedelta(hours=7) + s for m, s in zip(monday, since, strict=True)]
    hours: pd.DataFrame = year.loc[source].set_axis(wanted)
    used = hours[["consumption", "generation"]].min(axis=1)
    hours["import"] = hours["consumption"] - used
    hours["export"] = hours["generation"] - used
    hours["self_consumption"] = used
    return hours
