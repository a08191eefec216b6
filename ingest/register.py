"""Reads a catalogue file (YAML or JSON), checks it whole, then writes it to the catalogue's tables.

The file is one installation, a list of them, or ``{"installations": [...]}``; an installation has the fields
of table ``installation`` and ``devices``. Only what a file states is written: a field it leaves out stays as
it was, or unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from stdnum.es import cups as cups_number
from stdnum.exceptions import ValidationError as NumberError

from conf.refusal import Refusal
from energy.records import DeviceKind, Text
from ingest.devices.connection import Connection
from ingest.devices.registry import check_kind


class CatalogueError(Refusal):
    """A catalogue file that can't be taken; the text names the entry, the field and what is wrong."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}; write it like Europe/Madrid")
    return name


def _cups(number: str) -> str:
    try:
        return str(cups_number.validate(number))
    except NumberError as error:
        raise ValueError(f"{number!r} is no CUPS: {error}") from None


Positive = Annotated[float, Field(gt=0, le=1e7)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DeviceEntry(_Entry):
    """A device of an installation; without ``connection`` its readings come from elsewhere."""

    device_id: Text
    device_kind: DeviceKind
    capacity_kw: Positive | None = None
    connection: Connection | None = None

    @model_validator(mode="after")
    def _readable(self) -> DeviceEntry:
        if self.connection is not None:
            check_kind(self.device_kind, self.connection)
        return self


class InstallationEntry(_Entry):
    """An installation: a home, a farm, a solar park, or a community of others."""

    installation_id: Text
    name: Text | None = None
    kind: Literal["home", "farm", "park", "community"] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    capacity_kw: Positive | None = None
    tilt_deg: Annotated[float, Field(ge=0, le=180)] | None = None
    azimuth_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    municipality_code: Annotated[str, Field(pattern=r"^\d{5}$")] | None = None
    community_id: Text | None = None
    cups: Annotated[str, AfterValidator(_cups)] | None = None
    cau: Text | None = None
    tariff: Text | None = None
    devices: list[DeviceEntry] = []


def read_catalogue(path: Path) -> list[InstallationEntry]:
    """The installations in ``path``. Raises :class:`CatalogueError`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path} can't be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} is neither YAML nor JSON: {' '.join(str(error).split())}") from None
    return parse_catalogue(content)


def parse_catalogue(content: Any) -> list[InstallationEntry]:
    """The installations in a file's ``content``. Raises :class:`CatalogueError`."""
    if isinstance(content, Mapping):
        content = content.get("installations", [content])
    if not isinstance(content, list) or not content:
        raise CatalogueError("the file holds no installation: write a list of them, each with an installation_id")
    entries = [_entry(number, raw) for number, raw in enumerate(content, start=1)]
    _once("installation_id", [entry.installation_id for entry in entries])
    _once("device_id", [device.device_id for entry in entries for device in entry.devices])
    return entries


def _entry(number: int, raw: Any) -> InstallationEntry:
    try:
        return InstallationEntry.model_validate(raw)
    except ValidationError as error:
        named = raw.get("installation_id") if isinstance(raw, Mapping) else None
        problems = "; ".join(_problem(problem) for problem in error.errors(include_url=False))
        raise CatalogueError(f"entry {number} ({named or 'no installation_id'}): {problems}") from None


def _problem(problem: Any) -> str:
    # A wrong union member names its protocol; the person wrote "connection".
    where = ".".join(str(part) for part in problem["loc"])
    text = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "string_type":
        text += "; put numbers that are names in quotes"
    if problem["type"] == "extra_forbidden":
        text = "there is no such field"
    return f"{where}: {text}" if where else text


def _once(field: str, values: Sequence[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise CatalogueError(f"{field} {', '.join(twice)} stands in the file more than once")


def write_catalogue(session: Any, entries: Sequence[InstallationEntry]) -> None:
    """Add or update ``entries``; all are checked against the catalogue before the first is written.

    Raises :class:`CatalogueError` for a device of another installation or an unknown community.
    """
    _check_against(session, entries)
    # JSON ... DEFAULT UNSET leaves alone what an entry does not state.
    installation = session.prepare("INSERT INTO installation JSON ? DEFAULT UNSET")
    device = session.prepare("INSERT INTO device JSON ? DEFAULT UNSET")
    for entry in entries:
        session.execute(installation, [_stated(entry)])
        for each in entry.devices:
            session.execute(device, [_stated(each, installation_id=entry.installation_id)])


def _stated(entry: _Entry, **more: str) -> str:
    values = entry.model_dump(mode="json", exclude_none=True, exclude={"devices"}) | more
    if "connection" in values:
        values["connection"] = json.dumps(values["connection"], sort_keys=True)
    return json.dumps(values)


def _check_against(session: Any, entries: Sequence[InstallationEntry]) -> None:
    owners = {
        row.device_id: row.installation_id for row in session.execute("SELECT installation_id, device_id FROM device")
    }
    known = {row.installation_id for row in session.execute("SELECT installation_id FROM installation")}
    known |= {entry.installation_id for entry in entries}
    for entry in entries:
        if entry.community_id is not None and entry.community_id not in known:
            raise CatalogueError(
                f"{entry.installation_id}: community_id {entry.community_id} is not registered; register it first"
            )
        for device in entry.devices:
            owner = owners.get(device.device_id, entry.installation_id)
            if owner != entry.installation_id:
                raise CatalogueError(f"{entry.installation_id}: device {device.device_id} already belongs to {owner}")
