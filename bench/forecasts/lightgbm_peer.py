"""The peer: forty lines of LightGBM on the same CSV files, retrained every 30 days. Runs in an environment of its own.

python lightgbm_peer.py KIND FOLDER FIRST LAST OUT [weather]
"""

from __future__ import annotations

import sys

import lightgbm
import numpy as np
import pandas as pd

kind, folder, first, last, out = sys.argv[1:6]
history = pd.read_csv(f"{folder}/history.csv", parse_dates=["start"])
wide = history.pivot_table(index="start", columns="series_id", values="value").asfreq("h")
wide = wide.reindex(pd.date_range(wide.index[0], max(wide.index[-1], pd.Timestamp(last, tz="UTC")), freq="h"))
issued = None
if len(sys.argv) > 6:
    issued = pd.read_csv(f"{folder}/weather.csv", parse_dates=["issued_at", "time"]).drop(columns="issued_at")
parts = []
for name in wide.columns:
    values = wide[name]
    midnight = values.index.floor("D")
    frame = pd.DataFrame({"series": str(name), "time": values.index, "issued_at": midnight, "value": values.to_numpy()})
    scale = values.abs().rolling(24 * 28, min_periods=24).mean().reindex(midnight - pd.Timedelta("1h")).to_numpy()
    frame["scale"] = pd.Series(np.where(scale > 0, scale, np.nan)).ffill()  # of the last known weeks
    for days in (1, 2, 3, 7, 14):
        frame[f"lag{days}"] = values.shift(24 * days).to_numpy() / frame["scale"]
    daily = pd.concat([values.shift(24 * days) for days in range(1, 29)], axis=1)
    frame["mean7"], frame["mean28"] = daily.iloc[:, :7].mean(axis=1).to_numpy(), daily.mean(axis=1).to_numpy()
    frame["max28"] = daily.max(axis=1).to_numpy()
    frame[["mean7", "mean28", "max28"]] = frame[["mean7", "mean28", "max28"]].div(frame["scale"], axis=0)
    for hours in (1, 6, 24):
        level = values.rolling(hours, min_periods=1).mean().reindex(midnight - pd.Timedelta("1h")).to_numpy()
        frame[f"level{hours}"] = level / frame["scale"]
    frame["hour"], frame["weekday"], frame["day"] = values.index.hour, values.index.dayofweek, values.index.dayofyear
    if issued is not None:
        own = issued[issued["series_id"] == name].set_index("time").drop(columns="series_id")
        steps = own.groupby(own.index.floor("D")).diff().fillna(own) if kind == "solar" else own.iloc[:, :0]
        own = own.join(steps, rsuffix="_step").reindex(values.index)
        beside = [own, own.shift(1).add_suffix("_before"), own.shift(-1).add_suffix("_after")]
        frame = pd.concat([frame, pd.concat(beside, axis=1).reset_index(drop=True)], axis=1)
    parts.append(frame)
table = pd.concat(parts, ignore_index=True)
features = [c for c in table.columns if c not in ("series", "time", "issued_at", "value", "scale")]
table["target"] = table["value"] / table["scale"]
answers = []
for begin in pd.date_range(first, last, freq="30D", inclusive="left", tz="UTC"):
    end = min(begin + pd.Timedelta("30D"), pd.Timestamp(last, tz="UTC"))
    past = table[(table["time"] < begin) & table["target"].notna()]
    now = table[(table["time"] >= begin) & (table["time"] < end)].copy()
    model = lightgbm.LGBMRegressor(
        objective="l1",
        n_estimators=400,
        learning_rate=0.04,
        subsample=0.7,
        subsample_freq=1,
        colsample_bytree=0.5,
        n_jobs=2,
        verbose=-1,
    )
    now["q0.5"] = model.fit(past[features], past["target"]).predict(now[features]) * now["scale"]
    if kind != "price":
        now["q0.5"] = now["q0.5"].clip(lower=0)
    answers.append(now[["series", "issued_at", "time", "q0.5"]].rename(columns={"series": "series_id"}))
pd.concat(answers).to_csv(out, index=False)
