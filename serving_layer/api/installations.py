"""``GET /v1/installations`` and ``/v1/installations/{id}/state``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from serving_layer.access.door import Asker, Guarded, SeenInstallation, note_all, visible
from serving_layer.access.person import Sight
from serving_layer.api import parameters as p
from serving_layer.api.answers import as_csv, as_json
from serving_layer.reader import Reader
from serving_layer.views import catalogue, state
from store.catalogue import INSTALLATION_FIELDS
from store.web.problems import responses

router = APIRouter(prefix="/v1", tags=["installations"], dependencies=[Guarded, p.Turn])


class Belongs(BaseModel):
    """A community whose sums an installation's quarter-hours count in."""

    community_id: str
    since: datetime | None = Field(alias="from", description="Null: ever since.")
    until: datetime | None = Field(alias="to", description="The first instant without it, UTC; null: it still holds.")


class Sized(BaseModel):
    """A capacity that an installation is or was built for."""

    capacity_kw: float
    since: datetime | None = Field(alias="from", description="Null: ever since.")
    until: datetime | None = Field(alias="to", description="The first instant without it, UTC; null: it still holds.")


class Installation(BaseModel):
    """An installation as registered; absent where unknown."""

    model_config = ConfigDict(extra="allow")
    installation_id: str
    name: str | None = None
    kind: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str | None = None
    capacity_kw: float | None = Field(None, description="That of now.")
    capacities: list[Sized] = Field(description="Those of now and before, in order of time.")
    community_id: str | None = Field(None, description="The community that it belongs to now.")
    memberships: list[Belongs] = Field(description="The communities of now and before, in order of time.")


class Installations(BaseModel):
    """Installations by id."""

    installations: list[Installation]


class DeviceState(BaseModel):
    """The latest reading of a device; what it does not measure is absent."""

    model_config = ConfigDict(extra="allow")
    installation_id: str
    device_id: str
    time: datetime = Field(description="When it was measured, UTC.")
    age_s: float


class State(BaseModel):
    """The state of an installation, or of all members of a community, now."""

    installation_id: str
    time: datetime | None = Field(description="The newest reading, UTC; null where there is none.")
    age_s: float | None
    power: dict[str, float] = Field(
        description="W now: generation_w, consumption_w, import_w, …, from readings younger than 5 minutes."
    )
    devices: list[DeviceState]


@router.get("/installations", response_model=Installations, responses=responses(422))
def installations(reader: p.ReaderOf, who: Asker, page: p.PageAsked) -> Response:
    """The installations that the asker sees, whole or as totals, by id."""
    known = visible(reader, who, Sight.TOTALS)
    note_all(reader, who, "installations")
    return page.answer(INSTALLATION_FIELDS, "installations", known)


@router.get("/installations/{installation_id}/state", response_model=State, responses=responses(403, 404, 422))
def state_now(reader: p.ReaderOf, chosen: SeenInstallation, form: p.FormatParameter = "json") -> Response:
    """Latest state of every device; of a community, of its members' devices."""
    found = state_of(reader, chosen.row, datetime.now(timezone.utc))
    if form == "csv":
        devices = found["devices"]
        return as_csv(list(dict.fromkeys(name for device in devices for name in device)), devices)
    return as_json(found)


def state_of(reader: Reader, installation: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields of :class:`State` of a row of the catalogue at ``now`` (UTC)."""
    devices = state.devices(reader, state.members(installation, catalogue.installations(reader)), now)
    newest: dict[str, Any] = max(devices, key=lambda device: device["time"], default={})
    return {
        "installation_id": installation["installation_id"],
        "time": newest.get("time"),
        "age_s": newest.get("age_s"),
        "power": state.power(devices, now),
        "devices": devices,
    }
