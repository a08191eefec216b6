"""Totals and stretches of the gap ledger as Arrow rows, and back: whole columns at once, for there are millions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from batch_layer.quarters import gap_ledger
from energy.energy_arrow import ENERGY_COLUMNS
from energy.energy_row import EnergyRow, from_us
from energy.gaps import Stretch

TOTALS = (
    "installation_id string, quantity string, start timestamp, energy_wh double, completeness double, "
    "method string, lower_wh double, upper_wh double, cause string, event_day date"
)
STRETCHES = (
    "installation_id string, event_day date, device_id string, quantity string, start timestamp, until timestamp, "
    "state string, cause string, periods int, completeness double"
)
"""The gap ledger: quarter-hours in a row of one device's quantity that fared alike."""
BOTH = f"{TOTALS}, device_id string, until timestamp, state string, periods int"
"""A total, or, where ``state`` is not null, a stretch of the ledger."""
ARROW = pa.schema(
    [
        ("installation_id", pa.string()),
        *ENERGY_COLUMNS,
        ("event_day", pa.date32()),
    ]
)
ARROW_BOTH = pa.schema(
    [
        *ARROW,
        ("device_id", pa.string()),
        ("until", pa.timestamp("us", tz="UTC")),
        ("state", pa.string()),
        ("periods", pa.int32()),
    ]
)


def totals_batch(installation: str, totals: Iterable[EnergyRow], schema: pa.Schema = ARROW) -> pa.RecordBatch:
    """Rows of an installation's totals."""
    rows = list(totals)
    values = zip(*rows, strict=True) if rows else [[] for _ in EnergyRow._fields]
    columns: dict[str, Any] = dict(zip(EnergyRow._fields, values, strict=True))
    columns["event_day"] = [row.start.date() for row in rows]
    return _batch(installation, columns, len(rows), schema)


def ledger_batch(installation: str, entries: Iterable[gap_ledger.Entry]) -> pa.RecordBatch:
    """Rows of an installation's stretches of the gap ledger."""
    rows = list(entries)
    columns: dict[str, Any] = {name: [getattr(row.stretch, name) for row in rows] for name in Stretch._fields}
    columns["event_day"] = [row.day for row in rows]
    columns["device_id"] = [row.device_id for row in rows]
    columns["quantity"] = [row.quantity for row in rows]
    return _batch(installation, columns, len(rows), ARROW_BOTH)


def _batch(installation: str, columns: dict[str, Any], length: int, schema: pa.Schema) -> pa.RecordBatch:
    columns["installation_id"] = [installation] * length
    arrays = [
        pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def values_of(batch: pa.RecordBatch, instants: dict[int, datetime]) -> Iterator[tuple[str, date, str, EnergyRow]]:
    """Community, day, member and value of each row; whole columns at once, for there are millions."""
    columns = {name: batch.column(name) for name in EnergyRow._fields}
    microseconds = columns.pop("start").cast(pa.int64()).to_pylist()
    instants.update((us, from_us(us)) for us in set(microseconds) - instants.keys())
    plain = {name: column.to_pylist() for name, column in columns.items()}
    plain["start"] = [instants[us] for us in microseconds]
    owners = zip(*(batch.column(n).to_pylist() for n in ("community_id", "event_day", "installation_id")), strict=True)
    values = map(EnergyRow._make, zip(*(plain[name] for name in EnergyRow._fields), strict=True))
    for (community, day, member), value in zip(owners, values, strict=True):
        yield community, day, member, value
