"""The artifacts of the night's steps: name, columns, how long each is kept, and its table.

A step reads and writes artifacts and knows no other step; publish writes every artifact that has a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batch_layer.master import dataset
from batch_layer.publishing.alarms import COLUMNS, Alarms
from batch_layer.publishing.artifact import Artifact
from batch_layer.publishing.energy_changes import EnergyChanges
from batch_layer.publishing.settlement import Settlement
from batch_layer.quarters import arrow_rows, energy_view
from batch_layer.settling import settled
from energy.topics import TOPICS

_READING = ", ".join(f"`{name}` {kind}" for name, kind in TOPICS["readings"].columns.items())

AFFECTED = Artifact("affected", "installation_id string, event_day date, by_reading boolean")
"""Installations and UTC days to total again; ``by_reading``: a reading has arrived since the last published run."""
EXPECTED = Artifact(
    "expected",
    "installation_id string, event_day date, device_id string, quantities array<string>, is_first boolean, "
    "stated_from timestamp, stated_until timestamp",
)
"""Devices and days of the gap ledger; ``is_first``: the device's first day, expected from its first reading on.

Where the two last are not null it is a meter of others' statements, which is expected from the one to the other.
"""
REACH = Artifact("reach", "installation_id string, device_id string, affected_day date, event_day date")
"""The days whose readings of a device bear on an affected day."""
READINGS = Artifact("readings", f"{_READING}, received_at timestamp, event_day date")
"""The readings of those days, one for each device and instant."""
INTERVALS = Artifact("intervals", f"{dataset.schema('intervals')}, shared_start timestamp, shared_end timestamp")
"""The intervals that reach into affected days, and those that overlap these; the last two: the time they share."""
DEVICE_DAYS = Artifact(
    "device_days",
    "installation_id string, device_id string, device_kind string, quantities array<string>, "
    "spans array<struct<first: date, last: date>>",
    kept=2,
    place="device_days/{run}",
)
"""Every device, the quantities that it has ever stated, and the days on which it sent, as spans."""
SILENCES = Alarms("silences", COLUMNS, table="alarm")
OFFICIAL = Artifact("official", table="official", bears_run=False)
"""Intervals as others have totalled them: a statement known later stands beside the older one."""
KNOWN_PRICES = Artifact("prices", table="price", bears_run=False)
"""Prices archived since the last published run; ``known_at`` is part of their key, so none replaces another."""

ENERGY = EnergyChanges("energy", table="energy_batch", affected=AFFECTED)
"""The quarter-hours that the run changes; all runs' together are the batch view."""
TOTALS = Artifact("totals", f"{arrow_rows.TOTALS}, {energy_view.CHANGE}")
"""The installations' own part of those changes, before their communities are summed."""
GAPS = Artifact(
    "gaps",
    "installation_id string, day date, device_id string, quantity string, start timestamp, until timestamp, "
    "state string, cause string, periods int, completeness double, month date",
    table="gap",
)
"""The gap ledger: quarter-hours in a row of one device's quantity that fared alike."""
CHANGES = Artifact("changes", table="change")
"""The change of each installation, day and quantity by the run, of what lay before the cut already."""

FEATURES = {name: Artifact(name, kept=1, place="features/{run}/{name}") for name in ("generation", "consumption")}
"""The data of each quantity known at each past midnight, and the outcome."""
MODELS = {name: Artifact(name, kept=1, place="models/{name}/{run}") for name in FEATURES}
HINDCASTS = {name: Artifact(f"hindcast_{name}") for name in FEATURES}
"""Forecasts of the last 30 days by a model that had not seen them."""
FORECAST = Artifact("forecast", kept=60, table="forecast")
"""Kept for the record of later nights, which looks back 30 days."""
SKILL = Artifact("forecast_skill", table="forecast_skill")
ERRORS = Artifact("forecast_error", table="forecast_error")
DRIFT = Alarms("drift", COLUMNS, kept=7, table="alarm")
"""Alarms of forecasts that have drifted; later nights find there what still stands."""
PRICE_FORECAST = Artifact(
    "price_forecast",
    "market string, zone string, day date, start timestamp, known_at timestamp, end timestamp, price_eur_mwh double, "
    "provider string, kind string, p10 double, p90 double, model string, step string",
    table="price",
    bears_run=False,
)
PRICE_SKILL = Artifact(
    "price_skill",
    "market string, zone string, model string, days int, hours int, mae_eur_mwh double, rmse_eur_mwh double, "
    "r2 double, pinball_eur_mwh double, coverage_p10 double, coverage_p90 double, is_published boolean",
    table="price_skill",
)

LACKING_FILES = Alarms("lacking_files", COLUMNS, kept=7, table="alarm")
"""Alarms of communities whose agreement lacks a coefficient file; later nights find there what still stands."""
SETTLEMENT = Settlement("settlement", settled.SCHEMA, table="settlement_month", hours="settlement",
                        lines="bill_line")  # fmt: skip
"""The members' months that the run settles; all runs' together are what is settled."""


def _named(values: Iterable[object]) -> Iterator[Artifact]:
    for value in values:
        if isinstance(value, Artifact):
            yield value
        elif isinstance(value, dict):
            yield from _named(value.values())


ARTIFACTS: tuple[Artifact, ...] = tuple(_named(vars().values()))
"""Every artifact that this module names, in its order."""
