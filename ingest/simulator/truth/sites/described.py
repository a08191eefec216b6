"""A simulation's file: installations as the catalogue takes them, and of each under ``simulated`` what is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.catalogue.entries import CatalogueError, InstallationEntry, parse_catalogue
from ingest.catalogue.file import read_content
from ingest.simulator.truth.sites.profiles import USUAL, USUAL_KW, Appliance, Use

KW_OF_STRING = 6.0
OFF_GRID_HOURS = 3.0
"""Hours of its panels' full power that a battery holds off the grid, where nothing is said."""


class Simulated(BaseModel):
    """The equipment of an installation beside its panels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: Use = "medium"
    appliances: Annotated[list[Appliance] | None, Field(alias="with")] = None
    battery_kwh: Annotated[float, Field(gt=0.1, le=100_000)] | None = None
    strings: Annotated[int, Field(ge=2, le=10_000)] | None = None
    weather_station: bool | None = None
    """A park has one where it is not said."""
    off_grid: bool = False


class Site(NamedTuple):
    """An installation and what is there."""

    entry: InstallationEntry
    simulated: Simulated = Simulated()

    @property
    def kind(self) -> str:
        """Home where it is not said."""
        return self.entry.kind or "home"

    @property
    def capacity_kw(self) -> float:
        """Power that its panels are built for: as stated, else as usual for its kind."""
        return self.entry.capacity_kw or USUAL_KW.get(self.kind, USUAL_KW["home"])

    @property
    def strings(self) -> int:
        """The number of strings of its panels."""
        return self.simulated.strings or max(2, round(self.capacity_kw / KW_OF_STRING))

    @property
    def appliances(self) -> list[Appliance]:
        """Appliances as said, else as usual for its kind."""
        said = self.simulated.appliances
        return list(USUAL.get(self.kind, ())) if said is None else said

    @property
    def battery_kwh(self) -> float | None:
        """Energy that its battery holds; None where it has none."""
        usual = OFF_GRID_HOURS * self.capacity_kw if self.simulated.off_grid else None
        return self.simulated.battery_kwh or usual

    @property
    def has_station(self) -> bool:
        """Whether it has a weather station."""
        said = self.simulated.weather_station
        return self.kind == "park" if said is None else said


def read_sites(path: Path) -> list[Site]:
    """The installations in ``path``. Raises :class:`CatalogueError`."""
    return parse_sites(read_content(path))


def parse_sites(content: Any) -> list[Site]:
    """The installations in a file's ``content``. Raises :class:`CatalogueError`."""
    if isinstance(content, Mapping):
        content = content.get("installations", [content])
    if not isinstance(content, list) or not all(isinstance(raw, Mapping) for raw in content):
        return [Site(entry) for entry in parse_catalogue(content)]
    plain = [{name: value for name, value in raw.items() if name != "simulated"} for raw in content]
    entries = parse_catalogue(plain)
    return [
        Site(entry, _simulated(entry, raw.get("simulated", {}))) for entry, raw in zip(entries, content, strict=True)
    ]


def _simulated(entry: InstallationEntry, raw: Any) -> Simulated:
    try:
        return Simulated.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["simulated", *map(str, first["loc"])])
        raise CatalogueError(f"{entry.installation_id}: {where}: {first['msg']}") from None
