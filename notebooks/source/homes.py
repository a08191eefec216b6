# %% [markdown]
# # Exploring homes
#
# How use is distributed over homes, days and hours, how it goes with temperature and voltage, and which records cannot
# be right. Energy comes from REST; readings and weather, which only SQL tells, from the views `reading` and `weather`.

# %% form
community = "fontana"
day = "yesterday"

# %% prepare
import pandas as pd

from solera.client import Client
from solera.sql import ask

client = Client()
catalogue = client.installations()
homes = catalogue[catalogue["community_id"] == community]["installation_id"].tolist()
yesterday = pd.Timestamp.now("UTC").normalize() - pd.Timedelta(days=1)
chosen = yesterday if day == "yesterday" else pd.Timestamp(day, tz="UTC")
use = client.energy(homes, "consumption", chosen - pd.Timedelta(days=6), chosen + pd.Timedelta(days=1))
use["kWh"] = use["energy_wh"] / 1000
use["hour"] = use["start"].dt.hour
use["date"] = use["start"].dt.strftime("%Y-%m-%d")

# %% Distribution of an hour's use by home, kWh
spread = use.groupby("installation_id")["kWh"].describe(percentiles=[0.1, 0.5, 0.9]).round(3)
spread["variability"] = (spread["std"] / spread["mean"]).round(2)
spread = spread.reset_index()
spread

# %% [markdown]
# **Variability** is the standard deviation over the mean: near 0 a home uses the same in every hour.

# %% The same as boxes
pivot = use.pivot_table(index="start", columns="installation_id", values="kWh")
pivot.plot(kind="box", ylabel="kWh an hour", figsize=(10, 3.5), rot=45)

# %% From day to day: kWh of each home
days = use.pivot_table(index="date", columns="installation_id", values="kWh", aggfunc="sum").round(2).reset_index()
days

# %% The mean day, kWh an hour
use.pivot_table(index="hour", columns="installation_id", values="kWh").plot(ylabel="kWh", figsize=(10, 3.5))

# %% Classes by the shape of the day: when the most is used
shape = use.groupby(["installation_id", "hour"])["kWh"].mean().reset_index()
peak = shape.loc[shape.groupby("installation_id")["kWh"].idxmax()].set_index("installation_id")
labels = ["night", "morning", "midday", "evening"]
base = shape.groupby("installation_id")["kWh"].quantile(0.1).round(3)
classes = pd.DataFrame({"peak hour": peak["hour"], "base kWh": base})
classes["class"] = pd.cut(classes["peak hour"], [-1, 5, 11, 16, 23], labels=labels).astype(str)
classes = classes.reset_index()
classes

# %% prepare
meters = ask(
    "SELECT device_id FROM inverter_state WHERE device_kind = 'meter' AND installation_id IN %(homes)s",
    {"homes": homes},
)
readings = ask(
    "SELECT installation_id, device_id, time, import_power_w, ambient_temperature_c, voltage_v FROM reading"
    " WHERE installation_id IN %(homes)s AND device_id IN %(meters)s AND day = %(day)s",
    {"homes": homes, "meters": meters["device_id"].tolist(), "day": f"{chosen:%Y-%m-%d}"},
)
weather = ask(
    "SELECT time, avg(temperature_c) AS temperature_c FROM weather WHERE kind = 'observation' AND day = %(day)s"
    " GROUP BY time ORDER BY time",
    {"day": f"{chosen:%Y-%m-%d}"},
)

# %% Erroneous records: voltages beyond ten per cent of 230 V (EN 50160), powers below nothing
volts = readings["voltage_v"].astype(float)
watts = readings["import_power_w"].astype(float)
is_wrong = (volts.notna() & ~volts.between(207, 253)) | (watts < 0)
erroneous = readings[is_wrong]
erroneous

# %% Load against voltage: the wires' resistance pulls it down
good = readings[~is_wrong].astype({"import_power_w": float, "voltage_v": float}).dropna(subset=["voltage_v"])
by_home = good.groupby("installation_id")[["import_power_w", "voltage_v"]]
by_voltage = by_home.apply(lambda home: home["import_power_w"].corr(home["voltage_v"]))
by_voltage.rename("correlation").round(3).reset_index()

# %% prepare
loads = good.assign(hour=good["time"].dt.floor("h")).groupby("hour")["import_power_w"].mean().rename("load_w")
outside = weather.set_index("time")["temperature_c"].astype(float)
both = pd.concat([loads, outside], axis=1).dropna()

# %% Load against temperature, each point an hour
both.plot(kind="scatter", x="temperature_c", y="load_w", xlabel="°C outside", ylabel="W", figsize=(6, 4))

# %% How far they go together
relation = pd.DataFrame([{"hours": len(both), "correlation of load and temperature": round(both.corr().iloc[0, 1], 3)}])
relation
