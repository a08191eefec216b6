"""Supplies as registered, to be compared with what their distributors state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError

from energy.money.community.agreement import Version
from energy.money.contract import CONTRACTS, Contract
from energy.money.official.supply import RegisteredSupply
from serving_layer.reader import Reader
from serving_layer.views.money.community import NotShared
from serving_layer.views.money.kept_agreement import kept

_INSTALLATIONS = "SELECT installation_id, cups, cau, capacity_kw, community_id, contracts FROM installation"
_CONTRACTS = "SELECT contracts FROM installation WHERE installation_id = ?"


def registered(reader: Reader, today: date) -> Iterator[RegisteredSupply]:
    """Every installation with a CUPS, by id; a community's CAU stands for a member without one of its own."""
    rows = {row.installation_id: row for row in reader.rows(_INSTALLATIONS)}
    for name, row in sorted(rows.items()):
        if row.cups:
            community = rows.get(row.community_id)
            own = row.cau or (community.cau if community else "") or ""
            version = _version(reader, row.community_id, today)
            yield RegisteredSupply(
                name, row.cups, own, row.capacity_kw, _contracts(row), row.community_id or "", version
            )


def registered_contracts(reader: Reader, installation_id: str) -> list[Contract]:
    """The contracts of an installation; none of another version, as if they were to be registered again."""
    (row,) = reader.rows(_CONTRACTS, installation_id)
    return _contracts(row)


def _contracts(row: Any) -> list[Contract]:
    try:
        return CONTRACTS.validate_json(row.contracts or "[]")
    except ValidationError:
        return []


def _version(reader: Reader, community: str | None, today: date) -> Version | None:
    try:
        return kept(reader, community).agreement.version(today) if community else None
    except NotShared:
        return None
