# %% [markdown]
# # How good the forecasts are, and whether they drift
#
# Day-ahead forecasts of the last days (hindcast by the newest night) beside two naive ones: the same hour of yesterday,
# and of last week. Errors are in Wh an hour. A skill of 30 % means that the error is 30 % below the naive one's.

# %% form
installation = "fontana"

# %% prepare

from solera.client import Client

client = Client()

# %% The record
skill = client.skill(installation)
naive = skill[["mae_yesterday_wh", "mae_last_week_wh"]].astype(float).min(axis=1)
skill["skill %"] = (100 * (1 - skill["mae_wh"].astype(float) / naive)).round(1)
errors = ["mae_wh", "mae_yesterday_wh", "mae_last_week_wh"]
skill[["quantity", "days", *errors, "skill %", "beats_naive", "published_model"]]

# %% [markdown]
# A calibrated band has a tenth of the outcomes below p10 and nine tenths below p90. Where the band is too narrow, fewer
# than eight of ten outcomes lie in it.

# %% The band: share of the outcomes below each quantile
bands = skill[["quantity", "coverage_p10", "coverage_p50", "coverage_p90"]].copy()
bands["in the band %"] = (100 * (bands["coverage_p90"] - bands["coverage_p10"]).astype(float)).round(1)
bands

# %% Error by hour of the day ahead, Wh
errors = client.errors(installation)
by_hour = errors.pivot_table(index="slice", columns="quantity", values="mae_wh")
by_hour.plot(kind="bar", ylabel="mean error, Wh", xlabel="hours ahead", figsize=(10, 3))

# %% Bias: forecast less outcome, Wh; a model that is always too high or too low has one
errors[["quantity", "slice", "hours", "mae_wh", "mae_yesterday_wh", "bias_wh"]]

# %% Error by month: a rise that the naive forecasts do not share is drift
months = client.errors(installation, "month")
months["of the naive %"] = (100 * months["mae_wh"] / months["mae_yesterday_wh"]).astype(float).round(1)
months[["quantity", "slice", "mae_wh", "mae_yesterday_wh", "of the naive %", "bias_wh"]]

# %% Drift that a night has raised an alarm for
alarms = client.alarms(days=60)
drift = alarms[alarms["kind"].str.contains("drift")]
drift[["installation_id", "kind", "raised_at", "cleared_at", "text"]]
