# %% [markdown]
# # Data quality
#
# Nothing vanishes: received = accepted + duplicate + quarantined. What was refused and why, which quarter-hours are
# missing or estimated, and which values are not measured.

# %% form
installation = "fontana-01"
days = 7

# %% prepare
import pandas as pd

from solera.client import Client

client = Client()
now = pd.Timestamp.now("UTC")
first = now - pd.Timedelta(days=int(days))

# %% The ledger
ledger = client.ledger()
ledger["adds up"] = ledger["received"] == ledger["accepted"] + ledger["duplicate"] + ledger["quarantined"]
ledger[["topic", "layer", "received", "accepted", "duplicate", "quarantined", "late", "adds up", "written_at"]]

# %% Why messages were refused
quarantine = client.quarantine(days=int(days))
reasons = quarantine.groupby(["topic", "reason"]).size().rename("messages").reset_index()
reasons.sort_values("messages", ascending=False)

# %% The newest of them
quarantine.head(20)[["topic", "received_at", "reason", "payload"]]

# %% Quarter-hours of the installation that nobody measured
gaps = client.gaps(installation, first, now)
gaps[["device_id", "quantity", "start", "until", "state", "cause", "periods"]]

# %% Hours lost to each cause
lost = (gaps.groupby(["quantity", "state", "cause"])["periods"].sum() / 4).rename("hours").reset_index()
lost

# %% [markdown]
# A value is **measured** where two readings bound it, **estimated** where something else had to say it; then the truth
# lies between its bounds.

# %% What the installation's energy rests on: share of the quarter-hours by method
energy = client.energy(installation, ["generation", "import", "export"], first, now, "15m")
methods = energy.groupby(["quantity", "method"]).size().unstack(fill_value=0)
methods = (100 * methods.div(methods.sum(axis=1), axis=0)).round(1).reset_index()
methods

# %% Completeness by day and hour of the day
complete = energy.assign(day=energy["start"].dt.strftime("%m-%d"), hour=energy["start"].dt.hour)
grid = complete.pivot_table(index="day", columns="hour", values="completeness").astype(float)
axes = grid.T.plot(ylabel="completeness", ylim=(0, 1.05), figsize=(10, 3))
axes

# %% The nights, and what they published
client.runs(10)[["run_id", "started", "published", "cut"]]
