# %% [markdown]
# # A community's month in euros
#
# What each member was assigned of the shared generation, used of it, sold, and saved: as the night has settled it by
# the agreement. **Saving** is the bill of the same use without generation and sharing, less the bill.

# %% form
community = "fontana"
month = "last"

# %% prepare
import pandas as pd

from solera.client import Client

client = Client()
if month == "last":
    yesterday = pd.Timestamp.now("Europe/Madrid") - pd.DateOffset(days=1)
    month = f"{yesterday:%Y-%m}"

# %% Each member's month
settled = client.settlement(community, month)
energies = ["assigned_wh", "self_consumed_wh", "surplus_wh", "grid_wh"]
members = settled[["installation_id"]].copy()
for name in energies:
    members[name.replace("_wh", "_kwh")] = (settled[name].astype(float) / 1000).round(2)
members["bill EUR"] = settled["total_eur"].astype(float)
members["saved EUR"] = settled["saving_eur"].astype(float)
members["known %"] = (100 * settled["known_hours"] / settled["hours"]).astype(float).round(1)
members

# %% The community together
together = members.drop(columns=["installation_id", "known %"]).sum().round(2).rename("sum").reset_index()
together

# %% What each has saved, EUR
members.set_index("installation_id")["saved EUR"].plot(kind="barh", xlabel="EUR saved", ylabel="", figsize=(8, 3))

# %% [markdown]
# A share is worth most where it is used in the hour it falls: surplus is paid less than what is bought.

# %% How much of its share each has used itself, %
used = (100 * members["self_consumed_kwh"] / members["assigned_kwh"]).round(1)
pd.DataFrame({"member": members["installation_id"], "used of its share %": used})

# %% One member's bill, line by line
member = members["installation_id"].iloc[0]
bill = client.bill(member, month)
bill[["kind", "period", "quantity", "unit", "price", "price_unit", "eur", "condition"]]

# %% What is in that bill, and what is not yet
pd.DataFrame([{"member": member, "month": month, "complete": bill.attrs["complete"], "EUR": bill.attrs["so_far_eur"]}])
