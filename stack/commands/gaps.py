"""``solera gaps``: what became of every expected quarter-hour of every device."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, get_args

import typer

from conf import load_settings
from energy.gaps import State as States
from serving_layer import catalogue, energy_view, instants, state
from serving_layer import gaps as ledgers
from serving_layer.terminal import Form, answering, show

State = Enum("State", {name: name for name in get_args(States)}, type=str)  # type: ignore[misc]
COLUMNS = ledgers.Line._fields[1:-1]


def gaps(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its members'.")],
    first: Annotated[str, typer.Option("--from", help="2026-03-29T00:00:00Z, or a date: its midnight in --tz.")],
    last: Annotated[str, typer.Option("--to", help="The instant after the last, written like --from.")],
    states: Annotated[
        list[State] | None, typer.Option("--state", help="These only; without it all but present.")
    ] = None,
    tz: Annotated[str, typer.Option(help="Time zone of plain dates.")] = "UTC",
    form: Annotated[Form, typer.Option("--format", help="A table, or CSV.")] = Form.table,
) -> None:
    """Show the gap ledger up to the cut: quarter-hours (periods) in a row that were late, estimated, missing or lost.

    Example: solera gaps --installation fontana-01 --from 2026-03-28 --to 2026-03-30
    """
    with answering(load_settings()) as reader:
        zone = instants.zone(tz)
        start, end = instants.parse(first, zone), instants.parse(last, zone)
        if start >= end:
            raise typer.BadParameter("--to must come after --from.")
        chosen = catalogue.installation(reader, installation)
        members = state.members(chosen, catalogue.installations(reader))
        seen = energy_view.seen(reader)
        found = ledgers.ledger(reader, members, start, end, seen, datetime.now(timezone.utc))
    wanted = {each.value for each in states or ()}
    rows = [line._asdict() for line in found if (line.state in wanted if wanted else line.state != "present")]
    cut = "no run is published yet" if seen.cut is None else f"up to {instants.text(seen.cut)}"
    counted = sum(line.periods for line in found)
    show(form, COLUMNS, rows, f"{installation}: gap ledger", f"of {counted:,} expected quarter-hours, {cut}")
