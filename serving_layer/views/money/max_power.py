"""The greatest power of each month that the distributor's meter showed, as it was last stated."""

from __future__ import annotations

from datetime import date
from typing import Any

from energy.money.billing.excess import POWER_PERIOD
from energy.money.contract import Contract
from serving_layer.reader import Reader

COLUMNS = ("month", "period", "power_w", "at", "contracted_w", "known_at", "source")
_ROWS = "SELECT month, period, power_w, at, known_at, source FROM max_power WHERE installation_id = ?"
_MONTH = "SELECT period, power_w FROM max_power WHERE installation_id = ? AND month = ?"


def of_month(reader: Reader, installation_id: str, month: date) -> dict[str, float]:
    """W by period of energy, P1 to P6; empty where nothing is stated of the month."""
    return {row.period: row.power_w for row in reader.rows(_MONTH, installation_id, month)}


def months(reader: Reader, installation_id: str, contracts: list[Contract]) -> list[dict[str, Any]]:
    """A row a month and period, the newest month first; ``contracted_w`` by the contract of the month's first day."""
    found = []
    for row in reader.rows(_ROWS, installation_id):
        month = row.month.date()
        fields = row._asdict() | {"month": month, "contracted_w": _contracted(contracts, month, row.period)}
        found.append({name: fields[name] for name in COLUMNS})
    return found


def _contracted(contracts: list[Contract], month: date, period: str) -> float | None:
    held = next((each for each in contracts if each.covers(month)), None)
    if held is None:
        return None
    of_energy, number = POWER_PERIOD[len(held.power_kw)], int(period[1:]) - 1
    return float(held.power_kw[int(of_energy[number])] * 1000) if number < len(of_energy) else None
