"""The agreement of a community as it is kept: by the rows that `solera community agree` wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, cast

from energy.calendar import zone
from energy.money.community.agreement import ALL_HOURS, Agreement, Version
from energy.money.community.hours import Rule
from serving_layer.reader import Reader
from serving_layer.views.money.community import NotShared

KEPT_SECONDS = 60.0
_HOLDS = "SELECT holds FROM agreement WHERE community_id = ? LIMIT 1"
_ROWS = (
    "SELECT since, installation_id, year, betas, generation, hours, time_zone FROM agreement "
    "WHERE community_id = ? AND kept_at = ?"
)
_MEMBERS = "SELECT installation_id FROM agreement WHERE community_id = ? AND kept_at = ?"


class KeptAgreement(NamedTuple):
    """An agreement, and the installation whose generation it shares."""

    generation: str
    agreement: Agreement


def kept(reader: Reader, community: str) -> KeptAgreement:
    """The kept agreement, at most :data:`KEPT_SECONDS` old. Raises :class:`NotShared` where there is none."""
    return reader.kept(f"agreement {community}", KEPT_SECONDS, lambda: _read(reader, community))


def members(reader: Reader, community: str) -> list[str]:
    """The ids of whom any version of the kept agreement names. Raises :class:`NotShared` where there is none."""
    return sorted({str(row.installation_id) for row in _held(reader, _MEMBERS, community)})


def _held(reader: Reader, query: str, community: str) -> list[Any]:
    """Rows of the agreement that holds. Raises :class:`NotShared` where there is none."""
    holds = [row.holds for row in reader.rows(_HOLDS, community) if row.holds is not None]
    rows = reader.rows(query, community, *holds) if holds else []
    if not rows:
        raise NotShared(f"No agreement of {community} is kept; `solera community agree` keeps one.")
    return rows


def _read(reader: Reader, community: str) -> KeptAgreement:
    rows = _held(reader, _ROWS, community)
    first = rows[0]
    of = Agreement(_versions(rows), zone(first.time_zone), cast(Rule, first.hours))
    return KeptAgreement(str(first.generation), of)


def _versions(rows: Iterable[Any]) -> tuple[Version, ...]:
    """The versions in ``rows``, which were checked before they were kept."""
    constant: dict[date, dict[str, int]] = defaultdict(dict)
    hourly: dict[date, dict[int, dict[str, list[int]]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        since = row.since.date()
        if row.year == ALL_HOURS:
            constant[since][row.installation_id] = row.betas[0]
        else:
            hourly[since][row.year][row.installation_id] = list(row.betas)
    return tuple(Version(since, constant[since], hourly[since]) for since in sorted({*constant, *hourly}))
