"""Hours of an installation as distributors state them, by Datadis or in their files: its share, and a bill of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from energy.money.community.official_curves import ASSIGNED, SELF_CONSUMED
from energy.money.netting import Flow, Metered, net
from energy.money.official.statement import Statement, statement
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import unmerged
from serving_layer.views.money.bills import NotBilled, days_of, flow, span_of, windows_billed
from serving_layer.views.money.community import Hourly, whole_hours
from serving_layer.views.money.official import stated_lines
from serving_layer.views.money.stated_months import metered

OWN, SOLD = "self_consumption", "export"


def stated_shares(reader: Reader, members: Sequence[str], span: Span) -> dict[str, dict[str, Hourly]]:
    """mWh of the hours of which the distributor states surplus and self-consumption: by what (assigned, self-consumed)
    and member.

    Assigned are both together. Nothing is taken for 0 that is not stated.
    """
    found: dict[str, dict[str, Hourly]] = {ASSIGNED: {}, SELF_CONSUMED: {}}
    for member in members:
        of = _flows(reader, member, span)
        own, sold = (whole_hours(of[quantity]).mwh for quantity in (OWN, SOLD))
        if both := own.keys() & sold.keys():
            found[ASSIGNED][member] = {hour: own[hour] + sold[hour] for hour in both}
            found[SELF_CONSUMED][member] = {hour: own[hour] for hour in both}
    return found


def stated_bill(reader: Reader, installation_id: str, first: date, until: date, due: date | None = None) -> Statement:
    """The bill that the contract makes of the stated hours of the local days from ``first`` to before ``until``.

    Raises :class:`NotBilled`, also where an hour of them is not stated.
    """
    of = metered(reader, installation_id, days_of(reader, installation_id, first, until))
    stated = _flows(reader, installation_id, span_of(of))
    windows = net(of.windows(), of.window, Metered(stated["import"], stated[SOLD], stated["consumption"]))
    number, count = sum(not window.is_known for window in windows), len(windows)
    if number:
        raise NotBilled(
            f"No distributor has stated {number} of the {count} hours of these days: "
            "`solera backfill datadis` asks for them."
        )
    return statement(stated_lines(windows_billed(reader, of, windows, due)))


def _flows(reader: Reader, installation_id: str, span: Span) -> dict[str, dict[datetime, Flow]]:
    """The stated quarter-hours by quantity; of those that a longer statement covers, a part."""
    found: dict[str, dict[datetime, Flow]] = defaultdict(dict)
    for row in unmerged.official(reader, {installation_id: [span]}):
        if row.completeness == 1.0:
            found[row.quantity][row.start] = flow(row)
    return found
