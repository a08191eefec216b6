"""An energy row's columns in Arrow, for both layers' tables of them."""

from __future__ import annotations

import pyarrow as pa

ENERGY_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("quantity", pa.string()),
    ("start", pa.timestamp("us", tz="UTC")),
    ("energy_wh", pa.float64()),
    ("completeness", pa.float64()),
    ("method", pa.string()),
    ("lower_wh", pa.float64()),
    ("upper_wh", pa.float64()),
    ("cause", pa.string()),
)
"""The fields of :class:`energy.energy_row.EnergyRow`, in its order."""
