# %% [markdown]
# # Prices and PVPC
#
# The regulated hourly price of households (PVPC) as it is known and as it is forecast, by Madrid's clock, in EUR/MWh
# (100 EUR/MWh are 10 cents a kWh); when energy is cheap, and what an hour's shift of use would be worth.

# %% form
market = "pvpc"
days = 7
shifted_kwh = 2.0

# %% prepare
import pandas as pd

from solera.client import Client

client = Client()
now = pd.Timestamp.now("Europe/Madrid").floor("h")
first = now - pd.Timedelta(days=int(days))

# %% What was known of the last days
known = client.prices(market, first, now + pd.Timedelta(days=2))
by_day = known.assign(day=known["start"].dt.strftime("%Y-%m-%d")).groupby("day")["price_eur_mwh"]
by_day.agg(["min", "mean", "max", "count"]).round(2).reset_index()

# %% From this hour on: known, then forecast with its band
ahead = client.prices_ahead(market)
curve = ahead.set_index(ahead["start"].dt.tz_localize(None))[["price_eur_mwh", "p10", "p90"]].astype(float)
axes = curve["price_eur_mwh"].plot(
    ylabel="EUR/MWh", xlabel="", figsize=(10, 3.5), drawstyle="steps-post", x_compat=True
)
axes.fill_between(curve.index, curve["p10"], curve["p90"], alpha=0.2, step="post")
axes

# %% The same as rows
ahead[["start", "price_eur_mwh", "kind", "p10", "p90", "model"]]

# %% Mean by hour of the day
by_hour = known.groupby(known["start"].dt.hour)["price_eur_mwh"].mean().round(2)
by_hour.rename_axis("hour").plot(kind="bar", ylabel="EUR/MWh", figsize=(10, 3))

# %% The cheapest and the dearest hours to come
ranked = ahead.sort_values("price_eur_mwh")
extremes = pd.concat([ranked.head(3).assign(what="cheapest"), ranked.tail(3).assign(what="dearest")])
extremes[["what", "start", "price_eur_mwh", "kind"]]

# %% What it is worth to move a wash from the dearest hour to the cheapest, EUR
spread = ranked["price_eur_mwh"].iloc[-1] - ranked["price_eur_mwh"].iloc[0]
worth = pd.DataFrame([{"kWh moved": float(shifted_kwh), "EUR": round(float(shifted_kwh) * spread / 1000, 3)}])
worth
