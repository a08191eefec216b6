"""Reads a sharing agreement: a YAML file that names its versions, their coefficients or coefficient files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from conf.refusal import Refusal
from energy.calendar import MADRID, zone
from energy.money.community.agreement import ONE, Agreement, AgreementError, Version, agreement
from energy.money.community.coefficient_file import Coefficients, read
from energy.money.community.coefficient_lines import CoefficientFileError
from energy.money.community.hours import Rule
from energy.money.community.numbers import WrongNumber, cau, supply
from energy.money.community.official_curves import (
    ASSIGNED,
    SELF_CONSUMED,
    Curve,
    CurveFileError,
    read_curves,
)
from serving_layer.views.money.marked_yaml import MarkedYaml

OTHER_CURVES = ("F5D", "P5D")
"""Retailers' files of what was billed: they have the same columns, and no shares in them."""


class AgreementFileError(Refusal):
    """An agreement or coefficient file that can't be taken; the text names the file, and its line and hour."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class VersionEntry(_Part):
    """The version that holds from ``since`` (``from``) on: coefficients by installation, or the files of each year."""

    since: date = Field(alias="from")
    coefficients: dict[str, Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]] = {}
    files: list[str] = []


class AgreementEntry(_Part):
    """A community's agreement. ``generation`` names the installation whose generation is shared."""

    versions: list[VersionEntry]
    generation: str | None = None
    hours: Rule = "consecutive"
    time_zone: Annotated[str, AfterValidator(lambda name: str(zone(name)))] = MADRID.key


def read_agreement(path: Path, installations: Iterable[Mapping[str, Any]]) -> tuple[AgreementEntry, Agreement]:
    """The agreement in ``path``; ``installations`` say whose a CUPS is. Raises :class:`AgreementFileError`."""
    try:
        written = MarkedYaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AgreementFileError(f"{path} can't be read: {' '.join(str(error).split())}.") from None
    try:
        entry = AgreementEntry.model_validate(written.content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        said = str(first["msg"]).removeprefix("Value error, ")
        raise AgreementFileError(f"{path}, line {written.line(first['loc'])}: {where}: {said}.") from None
    owners = owners_of(installations)
    versions = [
        _version(path, written.line(("versions", number)), each, owners) for number, each in enumerate(entry.versions)
    ]
    try:
        return entry, agreement(versions, zone(entry.time_zone), entry.hours)
    except AgreementError as error:
        at = [number for number, each in enumerate(entry.versions) if each.since == error.since][-1:]
        raise AgreementFileError(f"{path}, line {written.line(('versions', *at))}: {error}.") from None


def owners_of(installations: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The installation that has a supply, by its CUPS. Raises :class:`AgreementFileError` where two have it."""
    owners: dict[str, str] = {}
    for each in installations:
        number, name = supply(str(each.get("cups") or "")), str(each["installation_id"])
        if number and owners.setdefault(number, name) != name:
            raise AgreementFileError(
                f"{owners[number]} and {name} are registered with the CUPS {number}, which is one supply; "
                "leave it to one of them and run `solera register`."
            )
    return owners


def read_coefficients(path: Path, year: int | None = None) -> tuple[Coefficients, int]:
    """The coefficients in a file, and their year: without ``year`` that of its name, ``{CAU}_{year}.txt``.

    Raises :class:`AgreementFileError`.
    """
    name, _, digits = path.stem.partition("_")
    if year is None and not (digits.isdigit() and len(digits) == 4):
        raise AgreementFileError(f"{path.name} does not name its year; call it {{CAU}}_{{year}}.txt.")
    of_year = int(digits) if year is None else year
    try:
        if digits:
            cau(name)
        return read(path.read_bytes(), of_year), of_year
    except OSError as error:
        raise AgreementFileError(f"{path} can't be read: {error.strerror}.") from None
    except (CoefficientFileError, WrongNumber) as error:
        raise AgreementFileError(f"{path.name}: {error}.") from None


def read_official(path: Path) -> tuple[str, dict[str, Curve]]:
    """The name of the energy in a distributor's file (A5D: self-consumed, B5D: assigned), and its hours by supply.

    Raises :class:`AgreementFileError`.
    """
    named = path.name.upper()
    if named.startswith(OTHER_CURVES):
        raise AgreementFileError(f"{path.name} states what was billed; shares stand in the files A5D and B5D.")
    what = SELF_CONSUMED if named.startswith("A5D") else ASSIGNED
    try:
        return what, read_curves(path.read_bytes(), what)
    except OSError as error:
        raise AgreementFileError(f"{path} can't be read: {error.strerror}.") from None
    except CurveFileError as error:
        raise AgreementFileError(f"{path.name}: {error}.") from None


def _version(path: Path, line: int, entry: VersionEntry, owners: Mapping[str, str]) -> Version:
    constant = {member: int(beta * ONE) for member, beta in entry.coefficients.items()}
    hourly: dict[int, Mapping[str, Any]] = {}
    for name in entry.files:
        found, year = read_coefficients(path.parent / name)
        owned = _owned(name, found.constant or found.hourly, owners)
        if found.constant and constant not in ({}, owned):
            raise AgreementFileError(f"{path}, line {line}: {name} holds other coefficients than stand there already.")
        if found.hourly and year in hourly:
            raise AgreementFileError(f"{path}, line {line}: {name} is a second file of {year}.")
        if found.constant:
            constant = owned
        else:
            hourly[year] = owned
    return Version(entry.since, constant, hourly)


def _owned(name: str, of: Mapping[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
    """The coefficients by installation instead of by CUPS."""
    for member in of:
        if supply(member) not in owners:
            raise AgreementFileError(f"{name}: no installation is registered with the CUPS {member}.")
    return {owners[supply(member)]: betas for member, betas in of.items()}
