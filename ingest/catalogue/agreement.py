"""A sharing agreement in table ``agreement``: a row a member, version and year of coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args

from energy.money.community.agreement import Agreement

ALL_HOURS = 0
"""The ``year`` of a coefficient that holds at all hours."""
CONCURRENCY = 16
_DELETE = "DELETE FROM agreement WHERE community_id = %s"
_INSERT = (
    "INSERT INTO agreement (community_id, since, installation_id, year, betas, generation, hours, time_zone) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
Row = tuple[str, Any, str, int, list[int], str, str, str]


def rows(community: str, generation: str, of: Agreement) -> Iterator[Row]:
    """The rows of ``community``, which shares what ``generation`` generates."""
    how = (generation, of.rule, str(of.zone))
    for version in of.versions:
        for member, beta in version.constant.items():
            yield community, version.since, member, ALL_HOURS, [beta], *how
        for year, by_member in version.hourly.items():
            for member, betas in by_member.items():
                yield community, version.since, member, year, list(betas), *how


def keep(session: Any, community: str, generation: str, of: Agreement) -> int:
    """Write the agreement in place of the one that was kept, and count its rows."""
    session.execute(_DELETE, (community,))
    written = list(rows(community, generation, of))
    execute_concurrent_with_args(session, session.prepare(_INSERT), written, CONCURRENCY)
    return len(written)
