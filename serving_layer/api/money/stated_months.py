"""``GET /v1/installations/{id}/max-power`` and ``/reactive-energy``: what the distributor's meter showed of months."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from serving_layer.access.door import Guarded, SeenInstallation
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views.money import stated_months
from serving_layer.views.money.registered import registered_contracts
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["money"], dependencies=[Guarded, p.Turn])


class MaximumPower(BaseModel):
    """The greatest power of a local month in one period of energy, P1 to P6."""

    month: date
    period: str
    power_w: float
    at: datetime | None = Field(description="When it was shown; null where the clocks skip the time stated.")
    contracted_w: float | None = Field(description="By the contract registered for the month's first day.")
    known_at: datetime
    source: str


class MaximumPowers(BaseModel):
    """Greatest powers of an installation by the distributor's meter, the newest month first."""

    installation_id: str
    months: list[MaximumPower]


class ReactiveEnergy(BaseModel):
    """Reactive energy of a local month in one period of energy, P1 to P6."""

    month: date
    period: str
    energy_varh: float = Field(description="Capacitive below 0.")
    known_at: datetime
    source: str


class ReactiveEnergies(BaseModel):
    """Reactive energies of an installation by the distributor's meter, the newest month first."""

    installation_id: str
    months: list[ReactiveEnergy]


@router.get(
    "/installations/{installation_id}/max-power", response_model=MaximumPowers, responses=responses(403, 404, 422)
)
def maximum_power(reader: p.ReaderOf, chosen: SeenInstallation, form: p.FormatParameter = "json") -> Response:
    """The greatest power of each local month and period that the distributor's meter showed, as it was last stated."""
    rows = stated_months.powers(reader, chosen.id, registered_contracts(reader, chosen.id))
    if form == "csv":
        return as_csv(stated_months.POWER_COLUMNS, rows)
    return as_json({"installation_id": chosen.id, "months": rows})


@router.get(
    "/installations/{installation_id}/reactive-energy",
    response_model=ReactiveEnergies,
    responses=responses(403, 404, 422),
)
def reactive_energy(reader: p.ReaderOf, chosen: SeenInstallation, form: p.FormatParameter = "json") -> Response:
    """The reactive energy of each local month and period that the distributor's meter counted, as last stated."""
    rows = stated_months.reactive_energy(reader, chosen.id)
    if form == "csv":
        return as_csv(stated_months.REACTIVE_COLUMNS, rows)
    return as_json({"installation_id": chosen.id, "months": rows})
