"""``solera gaps``: what became of every expected quarter-hour of every device and meter."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, get_args

import typer

from conf import load_settings
from energy.gaps import State as States
from serving_layer.views import catalogue, merged
from serving_layer.views import gaps as ledgers
from serving_layer.views.parts import parts
from stack.terminal import NOW, Form, Format, From, To, answering, show, span, up_to_cut

State = Enum("State", {name: name for name in get_args(States)}, type=str)  # type: ignore[misc]
COLUMNS = ledgers.Line._fields[1:-1]


def gaps(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its members'.")],
    first: From,
    last: To = NOW,
    states: Annotated[
        list[State] | None, typer.Option("--state", help="These only; without it all but present.")
    ] = None,
    tz: Annotated[str, typer.Option(help="Time zone of plain dates.")] = "UTC",
    form: Format = Form.table,
) -> None:
    """Show the gap ledger up to the cut: quarter-hours (periods) in a row that were late, estimated, missing or lost.

    Example: solera gaps --installation fontana-01 --from 2026-03-28 --to 2026-03-30
    """
    with answering(load_settings()) as reader:
        asked, _ = span(first, last, tz)
        chosen = catalogue.installation(reader, installation)
        members = parts(chosen, catalogue.installations(reader), asked)
        seen = merged.seen(reader)
        found = ledgers.ledger(reader, members, asked, seen, datetime.now(timezone.utc))
    rows = [line._asdict() for line in ledgers.of_states(found, [each.value for each in states or ()])]
    cut = up_to_cut(seen, "up to")
    counted = sum(line.periods for line in found)
    show(form, COLUMNS, rows, f"{installation}: gap ledger", f"of {counted:,} expected quarter-hours, {cut}")
