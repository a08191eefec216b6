# %% [markdown]
# # The fleet
#
# Every installation of the last seven days: what it generated and used, how much of its own sun it used itself, and how
# good its data are. Energy is in kWh; days are those of each installation's own clock. A community is the sum of its
# members, so it is left out of sums over all.

# %% form
days = 7

# %% prepare
import pandas as pd

from solera.client import Client

client = Client()
catalogue = client.installations()
homes = catalogue[catalogue["kind"] != "community"]["installation_id"].tolist()
today = pd.Timestamp.now(client.zone(homes[0])).normalize().tz_localize(None)
first = today - pd.Timedelta(days=int(days))

# %% Who is registered
catalogue[["installation_id", "name", "kind", "community_id", "capacity_kw", "time_zone"]]

# %% Energy of the last days by installation, kWh
quantities = ["generation", "consumption", "import", "export", "self_consumption"]
energy = client.energy(homes, quantities, first, pd.Timestamp.now("UTC"), "day")
fleet = energy.pivot_table(index="installation_id", columns="quantity", values="energy_wh", aggfunc="sum") / 1000
fleet["own use of sun %"] = 100 * fleet["self_consumption"] / fleet["generation"]
fleet["own supply %"] = 100 * fleet["self_consumption"] / fleet["consumption"]
fleet = fleet.round(2).sort_values("own supply %", ascending=False).reset_index()
fleet

# %% [markdown]
# **Own use of sun** is the part of what was generated that was used at once; **own supply** the part of the use that
# the sun covered. The best supplied stand first.

# %% All of them together, kWh a day
together = energy.pivot_table(index="start", columns="quantity", values="energy_wh", aggfunc="sum") / 1000
together = together.set_axis(together.index.strftime("%Y-%m-%d"))
together[["generation", "consumption"]].plot(kind="bar", ylabel="kWh a day", xlabel="", figsize=(10, 3))

# %% Yield: kWh generated of each kW installed
capacity = catalogue.set_index("installation_id")["capacity_kw"]
fleet_yield = (fleet.set_index("installation_id")["generation"] / capacity).dropna().round(2)
fleet_yield.sort_values().rename("kWh a kW").reset_index()

# %% Completeness of the data: share of the time that readings cover
energy.pivot_table(index="installation_id", columns="quantity", values="completeness").round(3).reset_index()

# %% What stands to be looked at
alarms = client.alarms(days=int(days))
alarms[alarms["cleared_at"].isna()][["installation_id", "kind", "text", "raised_at"]]
