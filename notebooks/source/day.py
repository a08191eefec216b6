# %% [markdown]
# # A day of one installation
#
# What the speed layer says live, what a night has made of it, and what was forecast: side by side, hour by hour, by the
# installation's own clock. Up to the cut each value is the batch view's, from the cut on the speed view's.

# %% form
installation = "fontana-01"
day = "today"

# %% prepare
import pandas as pd

from solera.client import Client
from solera.connection import Refused

client = Client()
midnight = pd.Timestamp.now(client.zone(installation)).normalize()
if day != "today":
    midnight = pd.Timestamp(day).tz_localize(client.zone(installation))
following = midnight + pd.DateOffset(days=1)

# %% What its devices do now, W
state = client.state(installation)
state[["device_id", "time", "age_s", *[name for name in state if name.endswith("power_w")]]]

# %% Every hour: what was generated and used, kWh, and the view it comes from
quantities = ["generation", "consumption", "import", "export"]
energy = client.energy(installation, quantities, midnight, following)
hours = energy.pivot_table(index="start", columns="quantity", values="energy_wh") / 1000
hours["view"] = energy.groupby("start")["view"].first()
hours = hours.round(3).reset_index()
hours

# %% [markdown]
# The forecast below was made before the day began: what came later did not go into it.

# %% The day's generation beside its forecast, kWh an hour
try:
    forecast = client.forecast(installation, "generation", midnight + pd.Timedelta(hours=1))
except Refused as refusal:
    print(refusal)
    forecast = client.forecast(installation, "generation").head(0)
forecast = forecast[(forecast["time"] >= midnight) & (forecast["time"] < following)].set_index("time")
band = forecast[["p10_wh", "p50_wh", "p90_wh"]].astype(float) / 1000
measured = energy[energy["quantity"] == "generation"].set_index("start")["energy_wh"].rename("measured") / 1000
curves = pd.concat([measured, band], axis=1)
clock = curves.index.tz_localize(None)
axes = curves[["measured", "p50_wh"]].set_axis(clock).plot(ylabel="kWh", xlabel="", figsize=(10, 3.5), x_compat=True)
axes.fill_between(clock, curves["p10_wh"], curves["p90_wh"], alpha=0.2)
axes

# %% How far the forecast was off, hour by hour
off = curves.dropna().assign(error_kwh=lambda hour: hour["p50_wh"] - hour["measured"])
off["in the band"] = off["measured"].between(off["p10_wh"], off["p90_wh"])
off.round(3).reset_index(names="hour")

# %% The day as one line
sums = energy.groupby("quantity")["energy_wh"].sum() / 1000
summary = sums.round(3).rename("kWh").reset_index()
summary
