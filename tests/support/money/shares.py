"""A community that shares, as the speed and batch layers would leave it, for tests of the pages that show it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from cassandra.cluster import Session

from energy.calendar import MADRID, local_month, months_later
from tests.support.money.bills import AGREED, HOME
from tests.support.serving_rows import COMMUNITY, HOMES, NEW_RUN, OLD_RUN, UNPUBLISHED, insert

BETAS = dict(zip(HOMES, (200_000, 300_000, 500_000), strict=True))
NAMES = ("assigned_wh", "self_consumed_wh", "surplus_wh", "grid_wh")
HOUR = timedelta(hours=1)
KEPT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def fill_shares(session: Session, cut: datetime) -> None:
    """An agreement, contracts, and the settled months up to the ``cut``; the month before was settled twice."""
    month = cut.astimezone(MADRID).date().replace(day=1)
    contracts = json.dumps([HOME | {"compensation": AGREED}])
    insert(session, "installation", [{"installation_id": home, "contracts": contracts} for home in HOMES])
    insert(session, "agreement", [_agreed(home, month.replace(year=month.year - 1)) for home in HOMES])
    hours = [row for n, home in enumerate(HOMES) for row in _hours(home, n, month, cut)]
    if hours:
        insert(session, "settlement", hours)
    months = [row for n, home in enumerate(HOMES) for row in _months(home, n, month, len(hours) // len(HOMES))]
    insert(session, "settlement_month", months)


def _agreed(home: str, since: date) -> dict[str, Any]:
    return {
        "community_id": COMMUNITY, "since": since, "installation_id": home, "year": 0, "betas": [BETAS[home]],
        "generation": COMMUNITY, "hours": "consecutive", "time_zone": "Europe/Madrid", "kept_at": KEPT, "holds": KEPT,
    }  # fmt: skip


def _hours(home: str, n: int, month: date, cut: datetime) -> list[dict[str, Any]]:
    found, at = [], local_month(month.year, month.month, MADRID)[0]
    while at < cut:
        values = dict(zip(NAMES, (400.0 + n, 300.0, 100.0 + n, 250.0), strict=True))
        found.append({"installation_id": home, "month": month, "start": at, "run_id": NEW_RUN} | values)
        at += HOUR
    return found


def _months(home: str, n: int, month: date, hours: int) -> list[dict[str, Any]]:
    """Of the month that runs the sums of its hours; of the one before 744 hours, corrected once."""
    key = {"installation_id": home, "community_id": COMMUNITY}
    sums = dict(zip(NAMES, (400.0 + n, 300.0, 100.0 + n, 250.0), strict=True))
    runs = {name: value * hours for name, value in sums.items()}
    own: dict[str, Any] = {
        "known_hours": hours,
        "hours": 720,
        "total_eur": None,
        "saving_eur": None,
        "changed_hours": 0,
    }
    own |= {"estimated_hours": 0, "estimated_assigned_wh": 0.0, "estimated_grid_wh": 0.0}
    found: list[dict[str, Any]] = [
        key | runs | own | {"month": month, "run_id": NEW_RUN, "note": "incomplete", "why": "new"}
    ]
    before: dict[str, Any] = key | {name: value * 744 + n / 3 for name, value in sums.items()}
    before |= {"month": months_later(month, -1), "hours": 744, "known_hours": 744, "note": None}
    for run_id, total, why, changed in (
        (OLD_RUN, "41.20", "new", 0), (NEW_RUN, "40.05", "use", 5), (UNPUBLISHED, "1.00", "use", 5),
    ):  # fmt: skip
        euros = {"total_eur": Decimal(total) + n, "saving_eur": Decimal("9.99")}
        estimated = {"estimated_hours": 3, "estimated_assigned_wh": 1200.0 + n, "estimated_grid_wh": 750.0}
        found.append(before | euros | estimated | {"run_id": run_id, "why": why, "changed_hours": changed})
    return found
