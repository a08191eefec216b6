# %% [markdown]
# # A plant's health
#
# Whether a plant gives what it should: yield of each kW, its forecasts beside the naive ones, hours in which it
# stood still by daylight, silent devices, alarms.

# %% form
installation = "fontana-01"
days = 14

# %% prepare
import pandas as pd

from solera.client import Client

client = Client()
catalogue = client.installations().set_index("installation_id")
capacity_kw = catalogue.loc[installation].get("capacity_kw")
today = pd.Timestamp.now(client.zone(installation)).normalize()
first = today - pd.DateOffset(days=int(days))

# %% Yield by day: kWh of each kW installed
daily = client.energy(installation, "generation", first, today, "day")
daily["kWh"] = (daily["energy_wh"] / 1000).round(3)
daily["kWh a kW"] = (daily["kWh"] / capacity_kw).round(3)
daily["date"] = daily["start"].dt.strftime("%Y-%m-%d")
daily[["date", "kWh", "kWh a kW", "completeness", "method"]]

# %% The same drawn
daily.set_index("date")["kWh a kW"].plot(kind="bar", ylabel="kWh a kW", figsize=(10, 3))

# %% The mean day and the best hour of the days, kW
hours = client.energy(installation, "generation", first, today)
hours["kW"] = hours["energy_wh"] / 1000
hours["hour"] = hours["start"].dt.hour
profile = hours.groupby("hour")["kW"].agg(["mean", "max"]).round(3)
profile.plot(ylabel="kW", figsize=(10, 3))

# %% Load factor and greatest hour
greatest = hours["kW"].max()
factor = round(100 * hours["kW"].mean() / capacity_kw, 2)
health = pd.DataFrame([{"kW installed": capacity_kw, "greatest hour kW": greatest.round(3), "load factor %": factor}])
health

# %% [markdown]
# An hour is **still** where the plant gave nothing although the same hour of other days gives a tenth of its best.

# %% Hours it stood still by daylight
usual = hours.groupby("hour")["kW"].transform("median")
still = hours[(hours["kW"] == 0) & (usual > greatest / 10)]
still[["start", "kW", "view", "method", "cause"]]

# %% Its devices: how old their last reading is, and what they say of themselves
state = client.state(installation)
state["silent"] = state["age_s"] > 900
state[["device_id", "time", "age_s", "silent", *[name for name in ("status", "status_code") if name in state]]]

# %% What is missing of its generation
gaps = client.gaps(installation, first, today)
gaps[gaps["quantity"] == "generation"][["device_id", "start", "until", "state", "cause", "periods"]]

# %% Its forecasts beside the naive ones: a plant that fails makes them worse
record = client.skill(installation).set_index("quantity")
record.loc[["generation"], ["mae_wh", "mae_yesterday_wh", "coverage_p10", "coverage_p90"]].reset_index()

# %% Its alarms
alarms = client.alarms(days=int(days))
alarms[alarms["installation_id"] == installation][["device_id", "kind", "text", "raised_at", "cleared_at"]]
