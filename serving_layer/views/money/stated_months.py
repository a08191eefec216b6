"""Months by the distributor's meter, as last stated: greatest power, reactive energy."""

from __future__ import annotations

from datetime import date
from typing import Any

from energy.money.billing.days import Calendar
from energy.money.billing.excess import POWER_PERIOD
from energy.money.billing.maximeter import with_maximeter
from energy.money.billing.reactive import with_reactive
from energy.money.contract import Contract
from serving_layer.reader import Reader
from store.instants import utc, utc_or_none

POWER_COLUMNS = ("month", "period", "power_w", "at", "contracted_w", "known_at", "source")
REACTIVE_COLUMNS = ("month", "period", "energy_varh", "known_at", "source")
_POWERS = "SELECT month, period, power_w, at, known_at, source FROM max_power WHERE installation_id = ?"
_REACTIVE = "SELECT month, period, energy_varh, known_at, source FROM reactive_energy WHERE installation_id = ?"
_POWER_OF = "SELECT period, power_w AS value FROM max_power WHERE installation_id = ? AND month = ?"
_REACTIVE_OF = "SELECT period, energy_varh AS value FROM reactive_energy WHERE installation_id = ? AND month = ?"


def metered(reader: Reader, installation_id: str, of: Calendar) -> Calendar:
    """The days with what was stated of their month, where that is billed."""
    if not any(day.contract.bills_excess for day in of.days):
        return of
    power, reactive = (
        {row.period: row.value for row in reader.rows(query, installation_id, of.first.replace(day=1))}
        for query in (_POWER_OF, _REACTIVE_OF)
    )
    return with_reactive(with_maximeter(of, power), reactive)


def reactive_energy(reader: Reader, installation_id: str) -> list[dict[str, Any]]:
    """A row a month and period, varh, the newest month first."""
    rows = reader.rows(_REACTIVE, installation_id)
    return [row._asdict() | {"month": row.month.date(), "known_at": utc(row.known_at)} for row in rows]


def powers(reader: Reader, installation_id: str, contracts: list[Contract]) -> list[dict[str, Any]]:
    """A row a month and period, the newest month first; ``contracted_w`` by the contract of the month's first day."""
    found = []
    for row in reader.rows(_POWERS, installation_id):
        month = row.month.date()
        times = {"at": utc_or_none(row.at), "known_at": utc(row.known_at)}
        fields = row._asdict() | times | {"month": month, "contracted_w": _contracted(contracts, month, row.period)}
        found.append({name: fields[name] for name in POWER_COLUMNS})
    return found


def _contracted(contracts: list[Contract], month: date, period: str) -> float | None:
    held = next((each for each in contracts if each.covers(month)), None)
    if held is None:
        return None
    of_energy, number = POWER_PERIOD[len(held.power_kw)], int(period[1:]) - 1
    return float(held.power_kw[int(of_energy[number])] * 1000) if number < len(of_energy) else None
