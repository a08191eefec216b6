"""Reads a sharing agreement: a YAML file that names its versions, their coefficients or coefficient files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conf.refusal import Refusal
from energy.calendar import zone
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


class AgreementFileError(Refusal):
    """An agreement or coefficient file that can't be taken; the text names the file, and its line and hour."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class VersionEntry(_Part):
    """What holds from ``since`` (``from``) on: coefficients by installation, or the files of each year."""

    since: date = Field(alias="from")
    coefficients: dict[str, Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]] = {}
    files: list[str] = []


class AgreementEntry(_Part):
    """A community's agreement. ``generation`` names the installation whose generation is shared."""

    versions: list[VersionEntry]
    generation: str | None = None
    hours: Rule = "consecutive"
    time_zone: str = "Europe/Madrid"


def read_agreement(path: Path, installations: Iterable[Mapping[str, Any]]) -> tuple[AgreementEntry, Agreement]:
    """The agreement in ``path``; ``installations`` say whose a CUPS is. Raises :class:`AgreementFileError`."""
    try:
        entry = AgreementEntry.model_validate(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AgreementFileError(f"{path} can't be read: {' '.join(str(error).split())}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AgreementFileError(f"{path}: {where}: {first['msg']}.") from None
    owners = owners_of(installations)
    versions = [_version(path, each, owners) for each in entry.versions]
    try:
        return entry, agreement(versions, zone(entry.time_zone), entry.hours)
    except AgreementError as error:
        raise AgreementFileError(f"{path}: {error}.") from None


def owners_of(installations: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Which installation has a supply, by its CUPS."""
    return {supply(str(each["cups"])): str(each["installation_id"]) for each in installations if each.get("cups")}


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
    """What a distributor's file states, by its name (A5D: self-consumed, B5D: assigned), and that energy by supply.

    Raises :class:`AgreementFileError`.
    """
    what = SELF_CONSUMED if path.name.upper().startswith("A5D") else ASSIGNED
    try:
        return what, read_curves(path.read_bytes(), what)
    except OSError as error:
        raise AgreementFileError(f"{path} can't be read: {error.strerror}.") from None
    except CurveFileError as error:
        raise AgreementFileError(f"{path.name}: {error}.") from None


def _version(path: Path, entry: VersionEntry, owners: Mapping[str, str]) -> Version:
    constant = {member: int(beta * ONE) for member, beta in entry.coefficients.items()}
    hourly: dict[int, Mapping[str, Any]] = {}
    for name in entry.files:
        found, year = read_coefficients(path.parent / name)
        if found.constant:
            constant |= _owned(name, found.constant, owners)
        else:
            hourly[year] = _owned(name, found.hourly, owners)
    return Version(entry.since, constant, hourly)


def _owned(name: str, of: Mapping[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
    """The coefficients by installation instead of by CUPS."""
    for member in of:
        if supply(member) not in owners:
            raise AgreementFileError(f"{name}: no installation is registered with the CUPS {member}.")
    return {owners[supply(member)]: betas for member, betas in of.items()}
