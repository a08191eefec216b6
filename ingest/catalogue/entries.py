"""The entries of a catalogue file: an installation has the fields of table ``installation``, and ``devices``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from conf.refusal import Refusal
from energy import calendar
from energy.money.community import numbers
from energy.money.contract import Contract, overlap
from energy.records import DeviceKind
from ingest.catalogue.sizes import Capacity, Number, check_sizes
from ingest.catalogue.spans import Dated
from ingest.devices.registry import Connection, check_kind

ID = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?"
"""Letters, digits, dots, dashes and underscores: what a path, a file name and a terminal take as they are."""
MOST_DEVICES = 1_000
"""Devices of one installation: more are a mistake, and each costs a row of state for ever."""
MOST_PERIODS = 100
"""Communities, or capacities, of one installation one after the other."""

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode's categories of signs that are no text of a line."""

Kind = Literal["home", "farm", "park", "community"]


class CatalogueError(Refusal):
    """A catalogue file that can't be taken; the text names the entry, the field and what is wrong."""


def _id(text: str) -> str:
    if not re.fullmatch(ID, text):
        raise ValueError(f"{text!r} is no id: write 1 to 64 letters, digits, dots, dashes or underscores")
    return text


def _plain(text: str) -> str:
    if not text.strip() or any(unicodedata.category(sign) in UNSEEN for sign in text):
        raise ValueError("write visible signs, without line breaks and control characters")
    return text


def known_zone(name: str) -> str:
    """``name``, an IANA time zone. Raises ``ValueError``."""
    try:
        calendar.zone(name)
    except calendar.UnknownZone as error:
        raise ValueError(f"there is no time zone {name!r}; write it like Europe/Madrid") from error
    return name


def _one_a_day(contracts: list[Contract]) -> list[Contract]:
    twice = overlap(contracts)
    if twice:
        raise ValueError(f"{twice}; end the earlier one with until")
    return sorted(contracts, key=lambda contract: contract.since)


Id = Annotated[str, AfterValidator(_id)]
Plain = Annotated[str, Field(max_length=200), AfterValidator(_plain)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MembershipEntry(Dated):
    """A community that the installation belongs or belonged to."""

    community_id: Id


class CapacityEntry(Dated):
    """A capacity that the installation is or was built for."""

    capacity_kw: Capacity


class DeviceEntry(_Entry):
    """A device of an installation; without ``connection`` its readings come from elsewhere."""

    device_id: Id
    device_kind: DeviceKind
    capacity_kw: Capacity | None = None
    connection: Connection | None = None

    @model_validator(mode="after")
    def _readable(self) -> DeviceEntry:
        if self.connection is not None:
            check_kind(self.device_kind, self.connection)
        return self


class InstallationEntry(_Entry):
    """An installation: a home, a farm, a solar park, or a community of others."""

    installation_id: Id
    name: Plain | None = None
    kind: Kind | None = None
    latitude: Annotated[Number, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Number, Field(ge=-180, le=180)] | None = None
    time_zone: Annotated[str, AfterValidator(known_zone)] | None = None
    capacity_kw: Capacity | None = None
    """The capacity from now on; the first that is stated of an installation holds ever since."""
    capacities: Annotated[list[CapacityEntry], Field(max_length=MOST_PERIODS)] | None = None
    """All of now and before, in place of ``capacity_kw``."""
    tilt_deg: Annotated[Number, Field(ge=0, le=180)] | None = None
    azimuth_deg: Annotated[Number, Field(ge=0, le=360)] | None = None
    municipality_code: Annotated[str, Field(pattern=r"^[0-9]{5}$")] | None = None
    community_id: Id | None = None
    """The community from now on; of an installation that is new ever since."""
    memberships: Annotated[list[MembershipEntry], Field(max_length=MOST_PERIODS)] | None = None
    """All communities of now and before, in place of ``community_id``."""
    cups: Annotated[str, AfterValidator(numbers.cups)] | None = None
    cau: Annotated[str, AfterValidator(numbers.cau)] | None = None
    tariff: Plain | None = None
    takes_unknown_devices: bool | None = None
    """Whether readings of devices that are not registered count as well; false where it is not said."""
    writer: Id | None = None
    """The gateway or service that alone may speak for it; any service that may write the topic where it is not said."""
    contracts: Annotated[list[Contract], AfterValidator(_one_a_day)] | None = None
    """Contracts of its supply, by date."""
    devices: Annotated[list[DeviceEntry], Field(max_length=MOST_DEVICES)] = []

    @property
    def stated_kw(self) -> list[float | None]:
        """The capacities that it states, of now and before, and its devices'."""
        return [self.capacity_kw, *(each.capacity_kw for each in (*(self.capacities or ()), *self.devices))]

    @model_validator(mode="after")
    def _possible(self) -> InstallationEntry:
        check_sizes(self.kind, self.stated_kw)
        if self.kind == "community" and self.devices:
            raise ValueError("devices: a community has none; register them at its members")
        for now, listed in (("community_id", "memberships"), ("capacity_kw", "capacities")):
            if {now, listed} <= self.model_fields_set:
                raise ValueError(f"{listed}: they say {now} as well; give one of the two")
        communities = {self.community_id, *(each.community_id for each in self.memberships or ())} - {None}
        if communities and (self.kind == "community" or self.installation_id in communities):
            raise ValueError("community_id: a community is no member of a community")
        return self


def parse_catalogue(content: Any) -> list[InstallationEntry]:
    """The installations in a file's ``content``. Raises :class:`CatalogueError`."""
    if isinstance(content, Mapping):
        content = content.get("installations", [content])
    if not isinstance(content, list) or not content:
        raise CatalogueError("the file holds no installation: write a list of them, each with an installation_id")
    entries = [_entry(number, raw) for number, raw in enumerate(content, start=1)]
    _once("installation_id", [entry.installation_id for entry in entries])
    _once("cups", [numbers.supply(entry.cups) for entry in entries if entry.cups is not None])
    for entry in entries:
        _once(f"{entry.installation_id}: device_id", [device.device_id for device in entry.devices])
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
