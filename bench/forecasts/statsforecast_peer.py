"""A second peer: statsforecast's MSTL, a day and a week of seasons, fitted anew each day. In an environment of its own.

python statsforecast_peer.py KIND FOLDER FIRST LAST OUT
"""

from __future__ import annotations

import sys

import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import MSTL

WINDOW_HOURS = 24 * 56

kind, folder, first, last, out = sys.argv[1:6]
history = pd.read_csv(f"{folder}/history.csv", parse_dates=["start"], dtype={"series_id": str})
wide = history.pivot_table(index="start", columns="series_id", values="value").asfreq("h")
end = pd.Timestamp(last, tz="UTC")
wide = wide[wide.index < end].interpolate(limit_direction="both")
long = wide.reset_index().melt("start", var_name="unique_id", value_name="y").rename(columns={"start": "ds"})
long["ds"] = long["ds"].dt.tz_localize(None)
days = (end - pd.Timestamp(first, tz="UTC")).days
found = StatsForecast([MSTL(season_length=[24, 168], alias="q0.5")], freq="h", n_jobs=2).cross_validation(
    h=24, df=long, step_size=24, n_windows=days, input_size=WINDOW_HOURS
)
found = found.reset_index().rename(columns={"unique_id": "series_id", "ds": "time"})
if kind != "price":
    found["q0.5"] = found["q0.5"].clip(lower=0)
found["time"] = found["time"].dt.tz_localize("UTC")
found["issued_at"] = found["time"].dt.floor("D")
found[["series_id", "issued_at", "time", "q0.5"]].to_csv(out, index=False)
