"""The installations that are registered, and their devices."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from conf.refusal import Refusal
from energy.limits import Limits
from serving_layer.reader import Reader
from store.catalogue import INSTALLATIONS
from store.history import capacities, memberships
from store.history.capacities import CAPACITIES
from store.history.limits import limits_of
from store.history.memberships import MEMBERSHIPS
from store.history.periods import ALWAYS, FOREVER, Period

KEPT_SECONDS = 2.0
"""A newly registered installation is known after at most this."""
NAMED = 8
"""Most installations that an error names."""
_DEVICES = "SELECT device_id, device_kind, capacity_kw FROM device WHERE installation_id = ?"


class UnknownInstallation(Refusal):
    """No installation of that id is registered; the text names the nearest that are."""

    kind = "unknown-installation"
    status = 404


def installations(reader: Reader) -> list[dict[str, Any]]:
    """Every installation, by id; a field that is not known is absent.

    ``memberships`` are its communities of now and before, ``capacities`` its capacities in kW, each with ``from`` and
    ``to`` (UTC; None: open).
    """
    return reader.kept("installations", KEPT_SECONDS, lambda: _load(reader))


def names(known: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names of the ``known`` installations, by id."""
    return {str(each["installation_id"]): called(each) for each in known}


def called(row: Mapping[str, Any]) -> str:
    """The name of an installation: its id where it has none."""
    return str(row.get("name") or row["installation_id"])


def installation(reader: Reader, installation_id: str) -> dict[str, Any]:
    """One installation. Raises :class:`UnknownInstallation`."""
    return named(installations(reader), installation_id)


def named(known: Sequence[dict[str, Any]], installation_id: str) -> dict[str, Any]:
    """The one of ``known`` with that id. Raises :class:`UnknownInstallation`, which names others of them."""
    for each in known:
        if each["installation_id"] == installation_id:
            return each
    raise UnknownInstallation(_unknown(installation_id, [each["installation_id"] for each in known]))


def devices(reader: Reader, installation_id: str) -> list[dict[str, Any]]:
    """The registered devices of an installation, by id."""
    return [_present(row._asdict()) for row in reader.rows(_DEVICES, installation_id)]


def limits(reader: Reader, installation_id: str) -> Limits:
    """Limits of an installation's flows. Raises :class:`UnknownInstallation`."""
    known, of = installation(reader, installation_id), reader.rows(_DEVICES, installation_id)
    sized = [Period(each["capacity_kw"], each["from"] or ALWAYS, each["to"] or FOREVER) for each in known["capacities"]]
    return limits_of(sized, of, bool(of) and not known.get("takes_unknown_devices"))


def _load(reader: Reader) -> list[dict[str, Any]]:
    known = (_present(row._asdict()) for row in reader.rows(INSTALLATIONS))
    rows = {str(row["installation_id"]): row for row in known}
    belonged = memberships.periods_by_installation(reader.rows(MEMBERSHIPS))
    sized = capacities.periods_by_installation(reader.rows(CAPACITIES))
    for name, row in rows.items():
        row["memberships"] = [{"community_id": each.value, **_sides(each)} for each in belonged.get(name, ())]
        row["capacities"] = [{"capacity_kw": each.value, **_sides(each)} for each in sized.get(name, ())]
    return [rows[name] for name in sorted(rows)]


def _sides(of: Period[Any]) -> dict[str, datetime | None]:
    return {"from": None if of.start == ALWAYS else of.start, "to": None if of.end == FOREVER else of.end}


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _unknown(installation_id: str, known: list[str]) -> str:
    if not known:
        return f"There is no installation {installation_id!r}: none is registered yet. `solera register FILE` adds one."
    near = difflib.get_close_matches(installation_id, known, n=NAMED, cutoff=0.5) or known[:NAMED]
    rest = "" if len(near) == len(known) else f" ({len(known)} in all; `solera installations` lists them)"
    return f"There is no installation {installation_id!r}; there is {', '.join(near)}{rest}."
