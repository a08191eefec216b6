"""``solera settlement``: the shares of a community's members as the nights have settled them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from conf import load_settings
from serving_layer import instants
from serving_layer.views import catalogue, merged
from serving_layer.views.money import cases
from serving_layer.views.money import settlement as settled
from serving_layer.views.money.community import of_community
from stack.terminal import Form, Format, answering, show

CAPTION = (
    "energy of the hours that are known, euros where all of the month's are; cases: total (saving) by what the taxes "
    "depend on"
)


def settlement(
    community: Annotated[str | None, typer.Option(help="All members of one month: give --month too.")] = None,
    installation: Annotated[str | None, typer.Option(help="All months of one member.")] = None,
    month: Annotated[str | None, typer.Option(help="2026-03: the local month.")] = None,
    changes: Annotated[bool, typer.Option("--changes", help="What later nights have changed.")] = False,
    form: Format = Form.table,
) -> None:
    """Show what members were assigned, used and sold (Wh), and what they owe and saved (EUR), as it is settled.

    The nights settle by the agreement that `solera community agree` keeps.

    Example: solera settlement --community fontana --month 2026-10
    """
    if (community is None) == (installation is None) or (community is not None and month is None):
        raise typer.BadParameter("give --community and --month, or --installation.")
    first = None if month is None else instants.days(month, None, None)[0]
    with answering(load_settings()) as reader:
        visible = merged.seen(reader)
        if community is not None and first is not None:
            of_community(reader, community)
            rows = settled.of_members(reader, community, first, visible)
            together: list[dict[str, Any]] = [settled.total(rows)]
        else:
            catalogue.installation(reader, installation or "")
            own = settled.months(reader, installation or "", visible)
            rows, together = [row for row in own if first in (None, row["month"])], []
    if changes:
        show(form, settled.CHANGE_COLUMNS, settled.changes(rows), "what later nights changed, EUR", "")
    else:
        shown = cases.printed([*rows, *together])
        show(form, settled.MONTH_COLUMNS, shown, f"{community or installation}: settled shares", CAPTION)
