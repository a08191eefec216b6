"""A sharing agreement in table ``agreement``: a row a member, version and year of coefficients.

The one that holds stays whole until all rows of the next are there and one write says that it counts; it goes when
the one after is kept, so that whoever reads it meanwhile finds it whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cassandra.concurrent import execute_concurrent_with_args

from energy.money.community.agreement import ALL_HOURS, Agreement
from store.instants import utc

CONCURRENCY = 16
_HOLDS = "SELECT holds FROM agreement WHERE community_id = %s LIMIT 1"
_INSERT = (
    "INSERT INTO agreement (community_id, since, installation_id, year, betas, generation, hours, time_zone, kept_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Of two that are kept at once the later one counts, whichever is done first.
_COUNT = "UPDATE agreement USING TIMESTAMP %s SET holds = %s WHERE community_id = %s"
_DELETE = "DELETE FROM agreement WHERE community_id = %s AND kept_at < %s"
MILLISECOND = timedelta(milliseconds=1)
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


def keep(session: Any, community: str, generation: str, of: Agreement, now: datetime) -> int:
    """Write the agreement, let it hold from ``now`` (UTC) on in place of the one that was kept, and count its rows."""
    row = session.execute(_HOLDS, (community,)).one()
    before = None if row is None or row.holds is None else utc(row.holds)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as Cassandra keeps it
    kept_at = now if before is None else max(now, before + MILLISECOND)
    written = [(*each, kept_at) for each in rows(community, generation, of)]
    execute_concurrent_with_args(session, session.prepare(_INSERT), written, CONCURRENCY)
    session.execute(_COUNT, (round(kept_at.timestamp() * 1_000_000), kept_at, community))
    if before is not None:
        session.execute(_DELETE, (community, before))
    return len(written)
