"""``solera changes``: the revisions of a night, values published before it that it has changed."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from serving_layer.views import merged
from serving_layer.views import revisions as changed
from stack.terminal import Form, Format, answering, show

COLUMNS = changed.Change._fields[1:]


def changes(
    run: Annotated[str | None, typer.Option(help="A published run's id; without it the newest.")] = None,
    installation: Annotated[str | None, typer.Option(help="One installation only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 10_000,
    form: Format = Form.table,
) -> None:
    """Show by UTC day what a night has changed of values published before it: Wh before, after, and why.

    before_wh and after_wh are the sums of the quarter-hours (periods) that were changed.

    Example: solera changes --installation fontana-01
    """
    with answering(load_settings()) as reader:
        seen = merged.seen(reader)
        run_id = run or (seen.runs[0].run_id if seen.runs else "")
        only = None if installation is None else [installation]
        rows = [each._asdict() for each in changed.changes(reader, run_id, seen, limit, only)]
    show(
        form, COLUMNS, rows, f"run {run_id}: what it changed", "what came under the cut with the run is new, no change"
    )
